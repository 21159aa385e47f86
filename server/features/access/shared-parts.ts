import { object, plain, text } from './content-check.ts';

/** Anthropic's mark of the prompt cache, which clients set in every dialect. */
export const cacheMark = object({ type: plain, ttl: plain });

const source = { type: plain, url: text, title: text, content: text, start_index: plain, end_index: plain };

/** A source that an answer names. Clients send it back with the answer, and nobody fetches it. */
export const annotation = object({ ...source, url_citation: object(source) }, 'open');
