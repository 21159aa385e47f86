import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { type FormPart, readForm, readPart } from './multipart.ts';
import { type FormPartHead, writePartHead } from './multipart-head.ts';
import { Spool } from './spool.ts';

const CRLF = Buffer.from('\r\n');
/** The longest name of a model, in bytes. */
const MAX_NAME = 1024;

/** How much of a field is checked, in bytes: an address stands at the beginning of its field. */
const LOOKED_AT = 4 * 1024;

/** Throws for a field that must not be sent. */
type FieldCheck = (field: { readonly name: string; readonly value: string }) => void;

/** A form whose `model` is known, while the rest may still be arriving. */
export interface ModelForm {
  readonly model: string;
  /** The content type of the form that `rewrite` returns. */
  readonly contentType: string;
  /** Runs a check on every field: on those that have arrived at once, and on the others before they are sent on. */
  check(check: FieldCheck): void;
  /**
   * The whole form with another `model`, as it arrives. Call it once. The stream fails when reading fails or when a
   * check throws.
   */
  rewrite(model: string): Readable;
  /** Frees everything that is held. The source is not destroyed. */
  close(): Promise<void>;
}

const isModel = ({ name }: FormPartHead) => name.toLowerCase() === 'model';

/**
 * Reads a form until its `model` is known. A file that comes before the model waits in a spool: the backend cannot be
 * chosen yet, and the client cannot be made to send the file later. What comes after the model is not held.
 *
 * The form is written again with a boundary of our own, so no other parser can find a second `model` inside what this
 * one took for the content of a file. Throws what `readForm` throws, and `missing_field`.
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
  /** The first file after the model, of which only the head was read. */
  let upload: FormPart | undefined;

  /**
   * Checks a field, or the name of a file; the content of a file is not checked. Returns the bytes that it has read.
   */
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

  /**
   * Reads up to the first file after the model. So everything before that file can be refused before anything is sent.
   */
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
    // This is not awaited: it may itself wait for a client that sends nothing more.
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
        // The sender of the body sees the failure too, and answers it.
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
