/** Writes the package as a file that `npm install` takes. The same sources give the same bytes, on every machine. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32 } from 'node:zlib';

/** What npm says of every file that it packs. Format: POSIX.1-1988, "ustar". */
const MODE = '0000644';
const CHANGED_AT = 499_162_500;
const RECORD = 512;

const octal = (value, length) => `${value.toString(8).padStart(length - 1, '0')}\0`;

function entryOf(name, bytes) {
  const head = Buffer.alloc(RECORD);
  if (name.length > 100) throw new Error(`"${name}" is too long for the header of a tar file.`);
  head.write(name, 0);
  head.write(`${MODE}\0`, 100);
  head.write(octal(0, 8), 108);
  head.write(octal(0, 8), 116);
  head.write(octal(bytes.length, 12), 124);
  head.write(octal(CHANGED_AT, 12), 136);
  head.fill(' ', 148, 156);
  head.write('0', 156);
  head.write('ustar\0', 257);
  head.write('00', 263);
  const sum = head.reduce((total, byte) => total + byte, 0);
  head.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([head, bytes, Buffer.alloc((RECORD - (bytes.length % RECORD)) % RECORD)]);
}

/**
 * A gzip file whose content is not compressed. What zlib makes of a text differs between its versions and between
 * processors, and with it the integrity that lock files keep. Formats: RFC 1951, 3.2.4; RFC 1952.
 */
function storeInGzip(bytes) {
  const parts = [Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255])];
  for (let at = 0; at < bytes.length; at += 0xffff) {
    const block = bytes.subarray(at, at + 0xffff);
    const head = Buffer.alloc(5);
    head.writeUInt8(at + block.length === bytes.length ? 1 : 0);
    head.writeUInt16LE(block.length, 1);
    head.writeUInt16LE(block.length ^ 0xffff, 3);
    parts.push(head, block);
  }
  const tail = Buffer.alloc(8);
  tail.writeUInt32LE(crc32(bytes));
  tail.writeUInt32LE(bytes.length, 4);
  return Buffer.concat([...parts, tail]);
}

/** `files` are the names in the package and what is in them. */
export function packFiles(file, files) {
  const entries = [...files].sort(([one], [other]) => (one < other ? -1 : 1));
  const tar = entries.map(([name, bytes]) => entryOf(`package/${name}`, Buffer.from(bytes)));
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, storeInGzip(Buffer.concat([...tar, Buffer.alloc(2 * RECORD)])));
}

/** The package of the client, with the version of the gateway. */
export function packClient(file, { here, root }) {
  const read = (...path) => readFileSync(join(...path));
  const { version, license } = JSON.parse(read(root, 'package.json'));
  const manifest = { ...JSON.parse(read(here, 'package.json')), version, license };
  const built = readdirSync(join(here, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(js|d\.ts)$/.test(entry.name))
    .map(({ parentPath, name }) => join(parentPath, name));
  packFiles(file, [
    ['package.json', `${JSON.stringify(manifest, null, 2)}\n`],
    ['README.md', read(here, 'README.md')],
    ['LICENSE', read(root, 'LICENSE')],
    ...built.map((path) => [path.slice(here.length + 1).replaceAll('\\', '/'), read(path)]),
  ]);
}
