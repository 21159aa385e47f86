import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { type FormPartHead, parsePartHead } from './multipart-head.ts';

/** One part of a form, as it arrives. */
export interface FormPart extends FormPartHead {
  /** The content, piece by piece. What is not read is skipped when the next part is asked for. */
  readonly body: AsyncGenerator<Buffer, void, void>;
}

interface FormOptions {
  /** The longest body, in bytes. A longer one throws `body_too_large`. */
  readonly limit: number;
}

const CRLF = '\r\n';
const HEAD_END = Buffer.from('\r\n\r\n');
/** The most parts of a form: each is handled for itself, which takes as long as a small request. */
const MAX_PARTS = 1_000;
/** The longest headers of one part, in bytes. */
const MAX_HEAD = 16 * 1024;

const malformed = (what: string) => invalidField('body', `The body is not valid multipart/form-data: ${what}.`);

/** The boundary in a `Content-Type`. Throws `unsupported_media_type`. */
function boundaryOf(contentType: string | undefined): string {
  const [, quoted, plain] =
    /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? '') ?? [];
  const boundary = quoted ?? plain;
  if (boundary) return boundary;
  throw new AppError('unsupported_media_type', 'Send "Content-Type: multipart/form-data" with its boundary.', {
    param: 'Content-Type',
  });
}

/**
 * Splits arriving pieces at markers, wherever the pieces themselves are cut. It holds at most one piece and the length
 * of a marker.
 */
class Scanner {
  readonly #source: AsyncIterator<Buffer>;
  readonly #limit: number;
  #held: Buffer;
  #size = 0;

  /** `held`: bytes to read before the first piece of the source. */
  constructor(source: AsyncIterable<Buffer>, limit: number, held: Buffer) {
    this.#source = source[Symbol.asyncIterator]();
    this.#limit = limit;
    this.#held = held;
  }

  /** The bytes before the marker. The marker itself is removed. */
  async *until(marker: Buffer): AsyncGenerator<Buffer, void, void> {
    for (let at = this.#held.indexOf(marker); ; at = this.#held.indexOf(marker)) {
      if (at >= 0) {
        const last = this.#take(at);
        this.#take(marker.length);
        if (last.length > 0) yield last;
        return;
      }
      const safe = this.#held.length - marker.length + 1;
      if (safe > 0) yield this.#take(safe);
      await this.#more();
    }
  }

  /** Exactly so many bytes, once they have arrived. */
  async exactly(count: number): Promise<Buffer> {
    while (this.#held.length < count) await this.#more();
    return this.#take(count);
  }

  /** Stops reading the source without destroying it. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  #take(count: number): Buffer {
    const taken = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return taken;
  }

  async #more(): Promise<void> {
    let next: IteratorResult<Buffer>;
    try {
      next = await this.#source.next();
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw new AppError('client_disconnected', undefined, { cause });
    }
    if (next.done) throw malformed('it ends half-way');
    this.#size += next.value.length;
    if (this.#size > this.#limit) throw new AppError('body_too_large');
    this.#held = this.#held.length > 0 ? Buffer.concat([this.#held, next.value]) : next.value;
  }
}

async function collect(pieces: AsyncIterable<Buffer>, limit: number, tooLong: () => AppError): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    size += piece.length;
    if (size > limit) throw tooLong();
    parts.push(piece);
  }
  return Buffer.concat(parts, size);
}

async function skip(pieces: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of pieces);
}

/** The whole content of a part. Throws `invalid_field` above `limit` bytes. */
export const readPart = ({ name, body }: FormPart, limit: number): Promise<Buffer> =>
  collect(body, limit, () => invalidField(name, `'${name}' is longer than ${limit} bytes.`));

/**
 * The parts of a form, in order. No part is held: each is read or skipped before the next one is looked for. Format:
 * RFC 7578. Throws `unsupported_media_type`, `body_too_large`, and `invalid_field` with `param: "body"` for a malformed
 * form.
 *
 * For a request, give `bodyPieces(request.raw)` as `source`, so that an early error can be answered.
 */
export async function* readForm(
  source: AsyncIterable<Buffer>,
  contentType: string | undefined,
  { limit }: FormOptions,
): AsyncGenerator<FormPart, void, void> {
  const delimiter = Buffer.from(`${CRLF}--${boundaryOf(contentType)}`);
  // The first delimiter needs no line break before it.
  const scanner = new Scanner(source, limit, Buffer.from(CRLF));
  try {
    await skip(scanner.until(delimiter));
    for (let count = 0; ; count++) {
      const after = (await scanner.exactly(2)).toString('latin1');
      if (after === '--') return;
      if (after !== CRLF) throw malformed('a boundary does not end its line');
      if (count === MAX_PARTS) throw invalidField('body', `A form may have at most ${MAX_PARTS} parts.`);
      const head = parsePartHead(
        await collect(scanner.until(HEAD_END), MAX_HEAD, () => malformed('a part is unnamed')),
      );
      if (!head) throw malformed('a part is unnamed');
      let over = false;
      const body = (async function* () {
        yield* scanner.until(delimiter);
        over = true;
      })();
      yield { ...head, body };
      if (!over) await skip(scanner.until(delimiter));
    }
  } finally {
    await scanner.close();
  }
}
