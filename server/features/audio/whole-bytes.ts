import { AppError } from '../../errors/app-error.ts';
import type { Forwarded } from '../../providers/provider.ts';

/** The longest answer that is held in memory as a whole. */
const MAX_BYTES = 64 * 1024 * 1024;

/** The answer of a forwarded request that is to be given again, as it is kept. */
export interface WholeBytes {
  readonly content_type: string;
  /** Base64. */
  readonly data: string;
}

/** Reads an answer to its end. Throws `run_limit_exceeded` when it is too large for that. */
export async function readWhole({ contentType, body }: Forwarded): Promise<WholeBytes> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const batch of body) {
    for (const piece of batch) size += piece.length;
    if (size > MAX_BYTES) {
      throw new AppError(
        'run_limit_exceeded',
        `The answer is larger than ${MAX_BYTES} bytes. Send the request without a key.`,
      );
    }
    pieces.push(...batch);
  }
  return { content_type: contentType, data: Buffer.concat(pieces).toString('base64') };
}

async function* asBody(bytes: Buffer): Forwarded['body'] {
  if (bytes.length > 0) yield [bytes];
}

export const toForwarded = ({ content_type: contentType, data }: WholeBytes): Forwarded => ({
  contentType,
  body: asBody(Buffer.from(data, 'base64')),
});
