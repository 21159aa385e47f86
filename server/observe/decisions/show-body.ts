import { outline } from './outline.ts';

/** The longest text of a body in one line of the log, in characters. */
const LONGEST = 16 * 1024;
/** How many events of a stream are shown. */
const SHOWN_EVENTS = 10;

function outlineText(text: string): unknown {
  try {
    return outline(JSON.parse(text));
  } catch {
    return `[${text.length} characters]`;
  }
}

function outlineEvents(text: string): unknown {
  const events = text.split('\n').filter((line) => line.startsWith('data:'));
  const shown = events.slice(0, SHOWN_EVENTS).map((line) => outlineText(line.slice('data:'.length).trim()));
  return { events: events.length, first: shown };
}

/** A body for the log. Without `content` it shows the fields and their sizes, and nothing of what was said. */
export function showBody(bytes: Buffer, contentType: string, content: boolean): unknown {
  const isText = /json|text/.test(contentType);
  if (!isText) return `[${bytes.length} bytes]`;
  const text = bytes.toString();
  if (content) return text.length > LONGEST ? `${text.slice(0, LONGEST)}… [${text.length} characters]` : text;
  return contentType.includes('event-stream') ? outlineEvents(text) : outlineText(text);
}
