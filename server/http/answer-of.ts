import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The answer that is being written on a connection; null between two requests. Node keeps it in a private field. */
export function answerOf(socket: Socket): ServerResponse | null {
  const answer: unknown = Reflect.get(socket, '_httpMessage');
  return answer instanceof ServerResponse ? answer : null;
}
