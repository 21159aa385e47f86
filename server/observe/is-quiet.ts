import type { AnsweredCall } from '../features/access/answered-call.ts';

/** Whether a call only read data of the gateway itself, and got it. Such calls are frequent and say little. */
export const isQuiet = ({ operation, failure }: Pick<AnsweredCall, 'operation' | 'failure'>): boolean =>
  failure === undefined && /^(GET|HEAD|OPTIONS) /.test(operation);
