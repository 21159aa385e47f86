import type { Caller } from '../features/access/caller.ts';

/** Not an interface: the published type shows its fields, and must not need this file. */
export type AnswerNote = {
  /** As in `x-request-id`, and in `api.usage.list`. */
  request_id: string;
  /** As in `x-gateway-backend`. */
  backend: string | null;
  /** As in `x-gateway-attempts`. */
  attempts: number;
  /** As in `x-gateway-applied`: what the gateway changed in the request. */
  applied: string | null;
};

/** On the first event of a stream. */
export type Noted = { gateway?: AnswerNote };

/**
 * REST tells in headers who answered and what was changed. Callers of tRPC see no headers, so there the first event of a
 * stream tells it. The caller that this returns must be the one that the use case gets.
 */
export function noteAnswer(caller: Caller): { caller: Caller; header(name: string): string | null; once(): Noted } {
  const headers = new Map<string, string | null>();
  const header = (name: string) => headers.get(name) ?? null;
  let told = false;
  return {
    caller: {
      ...caller,
      setHeader(name, value) {
        headers.set(name, value);
        caller.setHeader(name, value);
      },
    },
    header,
    once() {
      if (told) return {};
      told = true;
      return {
        gateway: {
          request_id: caller.requestId,
          backend: header('x-gateway-backend'),
          attempts: Number(header('x-gateway-attempts') ?? 1),
          applied: header('x-gateway-applied'),
        },
      };
    },
  };
}
