import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { type FormPart, readForm, readPart } from './multipart.ts';
import { type FormPartHead, writePartHead } from './multipart-head.ts';
import { Spool } from './spool.ts';

const CRLF = Buffer.from('\r\n');
/** The name of a model, in bytes. */
const MAX_NAME = 1024;

/** How much of a field is looked at, in bytes: an address stands at its beginning. */
const LOOKED_AT = 4 * 1024;

/** Throws for a field that is not to be sent. */
type FieldCheck = (field: { readonly name: string; readonly value: string }) => void;

/** A form whose `model` is known and whose rest may still be under way. */
export interface ModelForm {
  readonly model: string;
  /** Of what `rewrite` gives. */
  readonly contentType: string;
  /** Has every field looked at: those that came at once, the others before they are sent on. */
  check(check: FieldCheck): void;
  /** The whole form with another `model`, as it arrives; once. Fails as the reading does, and as a check does. */
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
  const seen: Parameters<FieldCheck>[0][] = [];
  let checkField: FieldCheck = (field) => seen.push(field);
  let hasFile = false;
  /** The file whose beginning was read. */
  let upload: FormPart | undefined;

  /** The content of a file is what is uploaded; its name and every other field are looked at. */
  async function lookAt({ name, filename, body }: FormPart): Promise<Buffer> {
    if (filename !== undefined) {
      checkField({ name, value: filename });
      return Buffer.alloc(0);
    }
    const pieces: Buffer[] = [];
    let size = 0;
    while (size < LOOKED_AT) {
      const next = await body.next();
      if (next.done) break;
      pieces.push(next.value);
      size += next.value.length;
    }
    const beginning = Buffer.concat(pieces);
    checkField({ name, value: beginning.toString('utf8', 0, LOOKED_AT) });
    return beginning;
  }

  async function* write(part: FormPart): AsyncGenerator<Buffer, void, void> {
    if (part.name === 'file') hasFile = true;
    const beginning = await lookAt(part);
    yield writePartHead(boundary, part);
    if (beginning.length > 0) yield beginning;
    yield* part.body;
    yield CRLF;
  }

  /** Reads up to the first file behind the model: what comes before that file can be refused before anything is sent. */
  async function readModel(): Promise<string> {
    let model: string | undefined;
    for (let next = await parts.next(); !next.done; next = await parts.next()) {
      const part = next.value;
      if (isModel(part)) {
        if (model !== undefined) throw twice();
        model = (await readPart(part, MAX_NAME)).toString('utf8');
        continue;
      }
      if (model !== undefined && part.filename !== undefined) {
        upload = part;
        return model;
      }
      for await (const piece of write(part)) await spool.write(piece);
    }
    if (model !== undefined) return model;
    throw new AppError('missing_field', "The field 'model' is required.", { param: 'model' });
  }

  async function* rewritten(model: string): AsyncGenerator<Buffer, void, void> {
    try {
      yield* spool.read();
      yield Buffer.concat([writePartHead(boundary, fieldNamed('model')), Buffer.from(model), CRLF]);
      if (upload) yield* write(upload);
      for await (const part of parts) {
        if (isModel(part)) throw twice();
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
      check(check) {
        for (const field of seen.splice(0)) check(field);
        checkField = check;
      },
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

const twice = () => invalidField('model', "'model' is given twice.");

const fieldNamed = (name: string): FormPartHead => ({ name, filename: undefined, contentType: undefined });
