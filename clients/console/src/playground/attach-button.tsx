import { Paperclip } from 'lucide-react';
import { useRef } from 'react';
import { useText } from '../text/text.tsx';
import type { AttachmentKind } from './attachment.ts';
import { accepted } from './read-file.ts';

interface AttachButtonProps {
  /** What can be attached. */
  readonly takes: readonly AttachmentKind[];
  /** Why nothing can be. */
  readonly whyNot: string;
  onFiles(files: readonly File[]): void;
  /** It was pressed, and nothing can be attached. */
  onRefused(): void;
}

/** Picks files to send with a question. */
export function AttachButton({ takes, whyNot, onFiles, onRefused }: AttachButtonProps) {
  const { t } = useText();
  const picker = useRef<HTMLInputElement>(null);
  const takesFiles = takes.length > 0;
  return (
    <>
      <input
        ref={picker}
        type="file"
        className="sr"
        tabIndex={-1}
        aria-label={t('chat.attach')}
        accept={accepted(takes)}
        multiple
        onChange={(event) => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
      <button
        type="button"
        className="btn ghost icon"
        aria-label={t('chat.attach')}
        aria-disabled={!takesFiles}
        title={takesFiles ? t('chat.attach') : whyNot}
        onClick={() => (takesFiles ? picker.current?.click() : onRefused())}
      >
        <Paperclip className="i" aria-hidden="true" />
      </button>
    </>
  );
}
