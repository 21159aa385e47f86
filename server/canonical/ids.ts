import { randomBytes } from 'node:crypto';

/**
 * An id for something that is sent and not stored: a prefix such as `chatcmpl-`, `call_` or `toolu_`, and 24
 * hexadecimal digits.
 */
export const newId = (prefix: string): string => prefix + randomBytes(12).toString('hex');

/** Another id of the same answer. The ids `msg_…`, `resp_…` and `run_…` of an answer share their digits. */
export const siblingId = (id: string, prefix: 'msg_' | 'resp_' | 'run_'): string => id.replace(/^[a-z]+_/, prefix);

/** The id of the run that makes an answer. */
export const runIdOf = (answerId: string): string => siblingId(answerId, 'run_');
