import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import { namesOthers } from '../../features/access/media.ts';
import { type FormPart, readForm, readPart } from './multipart.ts';
import { type FormPartHead, writePartHead } from './multipart-head.ts';
import { Spool } from './spool.ts';

const CRLF = Buffer.from('\r\n');
/** The longest name of a model, in bytes. */
const MAX_NAME = 1024;

/** How much of a field is checked, in bytes: an address stands at the beginning of its field. */
const LOOKED_AT = 4 * 1024;

/** How much of a file is: what names other files says so at once. */
const FILE_LOOKED_AT = 64;

/** The most bytes of all fields beside the file. They may reach the model, so the key pays for them. */
const MAX_TEXT = 16 * 1024;
/** How many of these may come behind the file. The key does not pay for them, because its price is known by then. */
const MAX_LATE_TEXT = 2 * 1024;

/** Throws for a field that must not be sent. */
type FieldCheck = (field: { readonly name: string; readonly value: string }) => void;

/** A form whose `model` is known, while the rest may still be arriving. */
export interface ModelForm {
  readonly model: string;
  /** The content type of the form that `rewrite` returns. */
  readonly contentType: string;
  /** The text of the fields that have arrived before the file. */
  readonly text: string;
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

const twice = () => invalidField('model', "'model' is given twice.");

/** Whether a part is sound: the file, or a sample of a voice as a data URI. A key pays for sound by the length of the form. */
const isSound = ({ name, filename }: FormPartHead): boolean =>
  (name === 'file' && filename !== undefined) || /^known_speaker_references(\[\])?$/.test(name);

const fieldNamed = (name: string): FormPartHead => ({ name, filename: undefined, contentType: undefined });

/** Reads the beginning of a part, as far as it is checked, in bytes. The rest stays in the body. */
async function readBeginning({ body }: FormPart, length: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  while (size < length) {
    const next = await body.next();
    if (next.done) break;
    pieces.push(next.value);
    size += next.value.length;
  }
  return Buffer.concat(pieces);
}

/** Writes a form again while it arrives. */
class FormRewriter implements Omit<ModelForm, 'model'> {
  readonly #parts: AsyncGenerator<FormPart, void, void>;
  readonly #boundary = `duplex-${randomUUID()}`;
  readonly #spool = new Spool();
  readonly #seen: Parameters<FieldCheck>[0][] = [];
  #checkField: FieldCheck = (field) => this.#seen.push(field);
  #hasFile = false;
  #texts: Buffer[] = [];
  #textBytes = 0;
  #mostText = MAX_TEXT;
  /** The first file after the model, of which only the head was read. */
  #upload: FormPart | undefined;

  constructor(parts: AsyncGenerator<FormPart, void, void>) {
    this.#parts = parts;
  }

  get contentType(): string {
    return `multipart/form-data; boundary=${this.#boundary}`;
  }

  get text(): string {
    return Buffer.concat(this.#texts).toString('utf8');
  }

  check(check: FieldCheck): void {
    for (const field of this.#seen.splice(0)) check(field);
    this.#checkField = check;
  }

  /**
   * Reads up to the first file after the model. So everything before that file can be refused before anything is sent.
   */
  async readModel(): Promise<string> {
    let model: string | undefined;
    for (let next = await this.#parts.next(); !next.done; next = await this.#parts.next()) {
      const part = next.value;
      if (isModel(part)) {
        if (model !== undefined) throw twice();
        model = (await readPart(part, MAX_NAME)).toString('utf8');
        continue;
      }
      if (model !== undefined && part.filename !== undefined) {
        this.#upload = part;
        this.#mostText = Math.min(MAX_TEXT, this.#textBytes + MAX_LATE_TEXT);
        return model;
      }
      for await (const piece of this.#write(part)) await this.#spool.write(piece);
    }
    if (model !== undefined) return model;
    throw new AppError('missing_field', "The field 'model' is required.", { param: 'model' });
  }

  rewrite(model: string): Readable {
    const body = Readable.from(this.#rewritten(model), { objectMode: false });
    // The sender of the body sees the failure too, and answers it.
    return body.on('error', () => undefined);
  }

  async close(): Promise<void> {
    // This is not awaited: it may itself wait for a client that sends nothing more.
    this.#parts.return().catch(() => undefined);
    await this.#spool.close();
  }

  async *#rewritten(model: string): AsyncGenerator<Buffer, void, void> {
    try {
      yield* this.#spool.read();
      yield Buffer.concat([writePartHead(this.#boundary, fieldNamed('model')), Buffer.from(model), CRLF]);
      if (this.#upload) yield* this.#write(this.#upload);
      for await (const part of this.#parts) {
        if (isModel(part)) throw twice();
        yield* this.#write(part);
      }
      if (!this.#hasFile) throw new AppError('missing_field', "The field 'file' is required.", { param: 'file' });
      yield Buffer.from(`--${this.#boundary}--\r\n`);
    } finally {
      await this.close();
    }
  }

  async *#write(part: FormPart): AsyncGenerator<Buffer, void, void> {
    if (part.name === 'file') this.#hasFile = true;
    const beginning = await this.#lookAt(part);
    yield writePartHead(this.#boundary, part);
    if (beginning.length > 0) yield beginning;
    yield* isSound(part) ? part.body : this.#readText(part);
    yield CRLF;
  }

  /** Yields the rest of a part that is not sound, and counts its bytes. */
  async *#readText({ name, body }: FormPart): AsyncGenerator<Buffer, void, void> {
    for await (const piece of body) {
      this.#countText(name, piece);
      yield piece;
    }
  }

  #countText(name: string, piece: Buffer): void {
    this.#textBytes += piece.length;
    if (this.#textBytes > this.#mostText) {
      throw invalidField(
        name,
        `Beside the file, the fields of a form may have ${MAX_TEXT} bytes together, of these ${MAX_LATE_TEXT} behind the file.`,
      );
    }
    this.#texts.push(piece);
  }

  /** Checks a field, or the name of a file and how it begins. Returns the bytes that it has read. */
  async #lookAt(part: FormPart): Promise<Buffer> {
    const { name, filename } = part;
    const beginning = await readBeginning(part, filename === undefined ? LOOKED_AT : FILE_LOOKED_AT);
    if (filename !== undefined) {
      this.#checkField({ name, value: filename });
      if (namesOthers(beginning))
        throw invalidField(name, 'A playlist or a drawing names other files, which are not fetched.');
      if (!isSound(part)) this.#countText(name, beginning);
      return beginning;
    }
    if (!isSound(part)) this.#countText(name, beginning);
    this.#checkField({ name, value: beginning.toString('utf8', 0, LOOKED_AT) });
    return beginning;
  }
}

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
  const form = new FormRewriter(readForm(source, contentType, { limit }));
  try {
    const model = await form.readModel();
    return {
      model,
      contentType: form.contentType,
      text: form.text,
      check: (check) => form.check(check),
      rewrite: (upstreamModel) => form.rewrite(upstreamModel),
      close: () => form.close(),
    };
  } catch (error) {
    await form.close();
    throw error;
  }
}
