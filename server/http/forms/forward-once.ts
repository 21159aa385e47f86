import { createHash } from 'node:crypto';
import { Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';
import type { Caller } from '../../features/access/caller.ts';
import { readWhole, toForwarded, type WholeBytes } from '../../features/audio/whole-bytes.ts';
import { createKept } from '../../features/runs/answer-kept.ts';
import type { AskedOnce, OnceDeps } from '../../features/runs/answer-once.ts';

type Forwarded = ReturnType<typeof toForwarded>;

/** Forwards a request. With an idempotency key the answer comes as a whole, and a retry gets it again. */
export async function forwardOnce(
  deps: OnceDeps,
  asked: AskedOnce,
  forward: (caller: Caller) => Promise<Forwarded>,
): Promise<Forwarded> {
  if (!asked.key) return forward(asked.caller);
  const kept = await createKept<WholeBytes>(deps, asked, async (caller) => readWhole(await forward(caller)));
  return toForwarded(kept instanceof Json ? kept.value : kept);
}

/** Reads the body of a form that has to be known before it is sent on. Throws `body_too_large`. */
export async function readForm(pieces: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const read: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > maxBytes) throw new AppError('body_too_large');
    read.push(piece);
  }
  return Buffer.concat(read);
}

/** How much is hashed at once, in bytes: a millisecond of work. */
const STEP = 1024 * 1024;

/** How many boundaries of a form are looked for. A form may have 1,000 parts; the rest is hashed as it is. */
const MOST_PARTS = 1_001;

/** SHA-256 of what a form holds, in hex. Clients draw a new boundary for each request, also for a retry. */
export async function hashForm(body: Buffer, contentType = ''): Promise<string> {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  const mark = Buffer.from(`--${boundary?.[1] ?? boundary?.[2] ?? ''}`);
  const hash = createHash('sha256');
  let parts = 0;
  for (let at = 0; at < body.length; parts++) {
    const next = parts < MOST_PARTS ? body.indexOf(mark, at) : -1;
    const end = next < 0 ? body.length : next;
    for (let from = at; from < end; from += STEP) {
      const part = body.subarray(from, Math.min(end, from + STEP));
      hash.update(part);
      if (part.length === STEP) await nextTurn();
    }
    // The length says where the part ends, whatever it holds.
    hash.update(`\0${end - at}\0`);
    at = next < 0 ? body.length : end + mark.length;
  }
  return hash.digest('hex');
}
