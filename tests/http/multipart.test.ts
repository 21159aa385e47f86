import { describe, expect, test } from 'vitest';
import { AppError } from '../../server/errors/app-error.ts';
import { readForm, readPart } from '../../server/http/forms/multipart.ts';
import { writePartHead } from '../../server/http/forms/multipart-head.ts';

const type = 'multipart/form-data; boundary=XyZ';
const limit = 1024 * 1024;

async function* pieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function partsOf(form: string | Buffer, size = 7, contentType = type) {
  const parts: { name: string; filename: string | undefined; contentType: string | undefined; content: string }[] = [];
  for await (const part of readForm(pieces(Buffer.from(form), size), contentType, { limit })) {
    const { name, filename, contentType: kind } = part;
    parts.push({ name, filename, contentType: kind, content: (await readPart(part, limit)).toString('latin1') });
  }
  return parts;
}

const codeOf = (form: string, contentType?: string) =>
  partsOf(form, 7, contentType).then(
    () => 'it was read',
    (error: unknown) => (error instanceof AppError ? error.code : String(error)),
  );

const field = (name: string, content: string) =>
  `--XyZ\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;

describe('a form', () => {
  test('is read the same wherever its pieces are cut', async () => {
    const tricky = '\r\n--XyW\r\n--Xy\r\r\n\r\n--XyZ'.slice(0, -1);
    const form = `${field('model', 'whisper')}--XyZ\r\ncontent-type: audio/mpeg\r\nCONTENT-DISPOSITION: form-data; filename="a b.mp3"; name=file\r\n\r\n${tricky}\r\n${field('empty', '')}--XyZ--`;
    for (let size = 1; size <= form.length; size++) {
      expect(await partsOf(form, size)).toEqual([
        { name: 'model', filename: undefined, contentType: undefined, content: 'whisper' },
        { name: 'file', filename: 'a b.mp3', contentType: 'audio/mpeg', content: tricky },
        { name: 'empty', filename: undefined, contentType: undefined, content: '' },
      ]);
    }
  });

  test('may have a preamble, an epilogue, a quoted boundary and parameters before it', async () => {
    const form = `nothing of worth\r\n${field('a', '1')}--XyZ--\r\nnor here`;
    const [part] = await partsOf(form, 5, 'Multipart/Form-Data; charset=utf-8; boundary="XyZ"');
    expect(part).toMatchObject({ name: 'a', content: '1' });
  });

  test('keeps every byte of a file', async () => {
    const bytes = Buffer.from(Array.from({ length: 4096 }, (_, i) => i % 256));
    const form = Buffer.concat([Buffer.from(field('f', '').slice(0, -2)), bytes, Buffer.from('\r\n--XyZ--\r\n')]);
    const [part] = await partsOf(form, 64);
    expect(Buffer.from(part?.content ?? '', 'latin1').equals(bytes)).toBe(true);
  });

  test('has a next part also when one is left unread or half-read', async () => {
    const form = `${['a', 'b', 'c'].map((name) => field(name, 'x'.repeat(100))).join('')}--XyZ--\r\n`;
    const names: string[] = [];
    for await (const { name, body } of readForm(pieces(Buffer.from(form), 10), type, { limit })) {
      names.push(name);
      if (name === 'b') await body.next();
    }
    expect(names).toEqual(['a', 'b', 'c']);
  });

  test('gives names and file names in every spelling that clients use', async () => {
    const heads = [
      'form-data; name="naïve"; filename="日本.mp3"',
      'form-data; name=plain; filename=x.mp3',
      'form-data; name="split"; filename="a\u2028b.mp3"',
      'form-data;name="tight";filename="q\\"q.mp3"',
      'form-data; name="ext"; filename*=UTF-8\'\'na%C3%AFve.mp3',
    ];
    const form = heads.map((head) => `--XyZ\r\nContent-Disposition: ${head}\r\n\r\n\r\n`).join('');
    expect((await partsOf(`${form}--XyZ--`)).map(({ name, filename }) => [name, filename])).toEqual([
      ['naïve', '日本.mp3'],
      ['plain', 'x.mp3'],
      ['split', 'a\u2028b.mp3'],
      ['tight', 'q"q.mp3'],
      ['ext', 'naïve.mp3'],
    ]);
  });

  test('is written so that it reads the same', async () => {
    const head = { name: 'na"me', filename: 'a\r\nb"; name="model', contentType: 'audio/wav' };
    const [part] = await partsOf(`${writePartHead('XyZ', head)}1\r\n--XyZ--`);
    expect(part).toEqual({
      name: 'na%22me',
      filename: 'a%0D%0Ab%22; name=%22model',
      contentType: 'audio/wav',
      content: '1',
    });
  });
});

describe('what is not a form', () => {
  test.each([
    ['empty', ''],
    ['cut in a part', field('a', '1').slice(0, -4)],
    ['without its last boundary', field('a', '1')],
    ['a boundary that runs on', `--XyZabc\r\n${field('a', '1')}--XyZ--`],
    ['a part without a name', '--XyZ\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XyZ--'],
    ['a part without headers', '--XyZ\r\n\r\n1\r\n--XyZ--'],
    ['a name given twice', '--XyZ\r\nContent-Disposition: form-data; name="a"; name="model"\r\n\r\n1\r\n--XyZ--'],
    ['headers without end', `--XyZ\r\nContent-Disposition: form-data; name="${'a'.repeat(20_000)}`],
    [
      'a transfer encoding',
      '--XyZ\r\nContent-Disposition: form-data; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\nMQ==\r\n--XyZ--',
    ],
  ])('%s is invalid_field', async (_what, form) => {
    expect(await codeOf(form)).toBe('invalid_field');
  });

  test.each(['application/json', 'multipart/form-data', 'multipart/mixed; boundary=XyZ', ''])(
    'the content type %s is unsupported_media_type',
    async (contentType) => {
      expect(await codeOf(field('a', '1'), contentType)).toBe('unsupported_media_type');
    },
  );

  test('may have a thousand parts, and no more', async () => {
    const form = (count: number) => `${field('a', '1').repeat(count)}--XyZ--`;
    const read = async (count: number) => (await partsOf(form(count), 64 * 1024)).length;
    expect(await read(1_000)).toBe(1_000);
    await expect(read(1_001)).rejects.toMatchObject({ code: 'invalid_field', param: 'body' });
  });

  test('a body beyond the limit is body_too_large, before all of it is read', async () => {
    let sent = 0;
    const endless = (async function* () {
      yield Buffer.from(field('a', '').slice(0, -2));
      for (;;) {
        sent += 1024;
        yield Buffer.alloc(1024, 'x');
      }
    })();
    const read = (async () => {
      for await (const part of readForm(endless, type, { limit: 10_000 })) await readPart(part, limit);
    })();
    await expect(read).rejects.toMatchObject({ code: 'body_too_large' });
    expect(sent).toBeLessThan(12_000);
  });
});
