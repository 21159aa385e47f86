import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../errors/app-error.ts';
import { type FormPart, readForm, readPart } from './multipart.ts';
import { type FormPartHead, writePartHead } from './multipart-head.ts';
import { Spool } from './spool.ts';

const CRLF = Buffer.from('\r\n');
/** The name of a model, in bytes. */
const MAX_NAME = 1024;

/** A form whose `model` is known and whose rest may still be under way. */
export interface ModelForm {
  readonly model: string;
  /** Of what `rewrite` gives. */
  readonly contentType: string;
  /** The whole form with another `model`, as it arrives; once. Fails as the reading does. */
  rewrite(model: string): Readable;
  /** Lets everything go that was held; the source is not destroyed. */
  close(): Promise<void>;
}

const isModel = ({ name }: FormPartHead) => name.toLowerCase() === 'model';

/**
 * Reads a form until its `model` is known. A file that comes before it waits in a spool: the backend cannot be chosen
 * without, and the file cannot be given back to its sender. Behind it nothing is held.
 *
 * The form is written anew, with a boundary of our own: no other reader can see a second `model` where this one saw a
 * file's content. Throws what `readForm` throws, and `missing_field`.
 */
export async function openModelForm(
  source: AsyncIterable<Buffer>,
  contentType: string | undefined,
  limit: number,
): Promise<ModelForm> {
  const parts = readForm(source, contentType, { limit });
  const boundary = `duplex-${randomUUID()}`;
  const spool = new Spool();
  let hasFile = false;

  async function* write(part: FormPart): AsyncGenerator<Buffer, void, void> {
    if (part.name === 'file') hasFile = true;
    yield writePartHead(boundary, part);
    yield* part.body;
    yield CRLF;
  }

  async function readModel(): Promise<string> {
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      if (isModel(next.value)) return (await readPart(next.value, MAX_NAME)).toString('utf8');
      for await (const piece of write(next.value)) await spool.write(piece);
    }
    throw new AppError('missing_field', "The field 'model' is required.", { param: 'model' });
  }

  async function* rewritten(model: string): AsyncGenerator<Buffer, void, void> {
    try {
      yield* spool.read();
      yield Buffer.concat([writePartHead(boundary, fieldNamed('model')), Buffer.from(model), CRLF]);
      for await (const part of parts) {
        if (isModel(part)) throw new AppError('invalid_field', "'model' is given twice.", { param: 'model' });
        yield* write(part);
      }
      if (!hasFile) throw new AppError('missing_field', "The field 'file' is required.", { param: 'file' });
      yield Buffer.from(`--${boundary}--\r\n`);
    } finally {
      await close();
    }
  }

  async function close(): Promise<void> {
    // Not waited for: it may itself wait for a client that sends nothing more.
    parts.return().catch(() => undefined);
    await spool.close();
  }

  try {
    const model = await readModel();
    return {
      model,
      contentType: `multipart/form-data; boundary=${boundary}`,
      rewrite(upstreamModel) {
        const body = Readable.from(rewritten(upstreamModel), { objectMode: false });
        // Whoever sends it hears of a failure too, and that is where it is answered.
        return body.on('error', () => undefined);
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const fieldNamed = (name: string): FormPartHead => ({ name, filename: undefined, contentType: undefined });
