import { OPEN_BRACE } from '../../canonical/scan-json.ts';

/** The longest mark, in bytes. */
const LONGEST = 32;

/** The end mark of OpenAI's streams, as servers write it. Proxies add it to streams of other dialects as well. */
const DONE = /^"?\[done\]"?$/i;
/** What servers and proxies send to keep a connection open, where they do not use comments. */
const NOTHING = /^(|""|null|\[\]|"?\[?(ping|pong|heart-?beat|keep-?alive)\]?"?)$/i;

/**
 * What a payload is that holds no event: the end of the stream, or nothing. Null when it is an event, or an error in words.
 */
export function readMark(payload: Buffer): 'done' | 'nothing' | null {
  if (payload[0] === OPEN_BRACE || payload.length > LONGEST) return null;
  const text = payload.toString('latin1').trim();
  if (DONE.test(text)) return 'done';
  return NOTHING.test(text) ? 'nothing' : null;
}
