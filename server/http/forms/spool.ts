import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** How much is held in memory, in bytes; the rest is written to disk. */
const IN_MEMORY = 1024 * 1024;
const READ_BYTES = 64 * 1024;

/**
 * Holds bytes that must wait: the first ones in memory, the rest in a file that only this process can see. Where the
 * system allows it, the file has no name any more.
 */
export class Spool {
  #held: Buffer[] = [];
  #heldBytes = 0;
  #file: { handle: FileHandle; path: string } | undefined;

  async write(bytes: Buffer): Promise<void> {
    this.#held.push(bytes);
    this.#heldBytes += bytes.length;
    if (this.#heldBytes <= IN_MEMORY) return;
    this.#file ??= await openNameless();
    await this.#file.handle.writev(this.#held.splice(0));
    this.#heldBytes = 0;
  }

  /** Everything that was written, in order. Call it once. */
  async *read(): AsyncGenerator<Buffer, void, void> {
    for (let at = 0; this.#file; ) {
      const { buffer, bytesRead } = await this.#file.handle.read(Buffer.allocUnsafe(READ_BYTES), 0, READ_BYTES, at);
      if (bytesRead === 0) break;
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
    yield* this.#held.splice(0);
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#held = [];
    if (!file) return;
    await file.handle.close();
    await rm(file.path, { force: true });
  }
}

async function openNameless(): Promise<{ handle: FileHandle; path: string }> {
  const path = join(tmpdir(), `duplex-upload-${randomUUID()}`);
  const handle = await open(path, 'wx+', 0o600);
  // Windows keeps the name until the file is closed.
  await rm(path).catch(() => undefined);
  return { handle, path };
}
