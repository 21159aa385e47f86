import { randomBytes } from 'node:crypto';

/** An id of what is sent and not stored, such as `chatcmpl-`, `call_` or `toolu_` and 24 hexadecimal digits. */
export const newId = (prefix: string): string => prefix + randomBytes(12).toString('hex');

/** Another id of the same answer. They share their digits: `msg_…`, `resp_…` and `run_…`. */
export const siblingId = (id: string, prefix: 'msg_' | 'resp_' | 'run_'): string => id.replace(/^[a-z]+_/, prefix);

/** The run that makes an answer. */
export const runIdOf = (answerId: string): string => siblingId(answerId, 'run_');
