import { useState } from 'react';
import type { TextKey } from '../text/en.ts';
import { type AttachmentKind, kindOf } from './attachment.ts';
import type { Attachment } from './draft.ts';
import { fileKind, readFile } from './read-file.ts';

interface Attaching {
  readonly attachments: readonly Attachment[];
  /** What can be attached now. */
  readonly takes: readonly AttachmentKind[];
  /** Receives files when they have been read. The draft may have changed meanwhile. */
  onAdd(added: readonly Attachment[]): void;
}

/** Reads the files that are dropped, pasted or picked, and says which of them cannot be sent. */
export function useAttaching({ attachments, takes, onAdd }: Attaching) {
  const [problem, setProblem] = useState<TextKey | null>(null);
  const isTaken = (kind: AttachmentKind | null) => kind !== null && takes.includes(kind);

  async function add(files: readonly File[]): Promise<void> {
    const known = files.filter((file) => fileKind(file) !== null);
    const taken = known.filter((file) => isTaken(fileKind(file)));
    setProblem(known.length < files.length ? 'chat.onlyMedia' : taken.length < known.length ? 'chat.notTaken' : null);
    if (taken.length === 0) return;
    try {
      onAdd(await Promise.all(taken.map(readFile)));
    } catch {
      setProblem('chat.brokenFile');
    }
  }

  // Another model or surface was chosen after something had been attached.
  const isLost = attachments.some(({ url }) => !isTaken(kindOf(url)));
  return { add, problem: problem ?? (isLost ? ('chat.notTaken' as const) : null), setProblem };
}
