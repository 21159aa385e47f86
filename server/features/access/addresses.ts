/** Blanks, invisible marks and quotes that readers of addresses skip, such as Python's `<URL:http://…>`. */
const AHEAD = /^[\s\p{Cc}\p{Cf}\p{Z}<"'([{]+/u;
/**
 * The characters that the WHATWG URL standard removes from an address (tabs and line breaks), and those that other
 * parsers remove.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}]/gu;
/** Every address has one of these, in one of its widths. */
const MARKS = /[:/\\\ufe13\ufe55\ufe68\uff0f\uff1a\uff3c]/;
/** How much of a text is looked at, which may be megabytes, and how much of that must be visible. In characters. */
const LOOKED_AT = 2_000;
const HEAD = 200;

/**
 * `scheme://host` with any scheme, also behind others, as ffmpeg has them (`cache:http://host`,
 * `subfile,,start,0,:http://host`). A backslash counts as a slash, as in the WHATWG URL standard.
 */
const WITH_SLASHES = /^[a-z][a-z0-9+.,:=-]*:[/\\]{2}/i;
/** These need no slashes: `http:host` and `file:path` are addresses, too. */
const WITHOUT_SLASHES =
  /^(?:url:|view-source:|feed:|jar:)*(?:https?|wss?|ftps?|sftp|tftp|file|blob|filesystem|gopher|dict|ldaps?|s3|gs|az|abfss?|hdfs|smb|nfs|ssh|git|ipfs|unix|redis|jdbc):/i;
/** `//host/path`, and `\\host\share`. */
const WITHOUT_SCHEME = /^[/\\]{2,}[^\s/\\]/;
/** Base64 may begin with `//`, as MP3 recordings and signatures do; no host has a name of so many of its letters. */
const BASE64 = /^[A-Za-z0-9+/]{64}/;

/**
 * Whether a text is an address that a server could fetch, or begins with one. Case, blanks and control characters in it
 * hide nothing. A data URI is none.
 */
export function isAddress(text: string): boolean {
  if (text.length <= LOOKED_AT && !MARKS.test(text)) return false;
  // Wide letters and slashes are narrow ones to many readers (NFKC), of addresses with names of other scripts too.
  const plain = text.slice(0, LOOKED_AT).normalize('NFKC');
  const head = plain.replace(AHEAD, '').replace(INVISIBLE, '').slice(0, HEAD);
  // So many blanks before an address are only written to hide it.
  if (head.length < HEAD && text.length > LOOKED_AT) return true;
  if (WITH_SLASHES.test(head) || WITHOUT_SLASHES.test(head)) return true;
  return WITHOUT_SCHEME.test(head) && !BASE64.test(head);
}
