import type { Caller } from '../features/access/caller.ts';

/** Not an interface: the published type shows its fields, and must not need this file. */
type AnswerNote = {
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

export interface NotedCaller {
  readonly caller: Caller;
  header(name: string): string | null;
  /** The note at its first call, and nothing later. */
  once(): Noted;
}

/**
 * REST tells in headers who answered and what was changed. Callers of tRPC see no headers, so there the first event of a
 * stream tells it. The caller that this returns must be the one that the use case gets.
 */
export function noteAnswer(caller: Caller): NotedCaller {
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

/** Not an interface: the published type shows its fields. */
export type OfTurn = { conversation_id: string; run_id: string };

/** The conversation and the run of a turn, which REST tells in headers. */
export const turnOf = ({ header }: Pick<NotedCaller, 'header'>): OfTurn => ({
  conversation_id: header('x-conversation-id') ?? '',
  run_id: header('x-run-id') ?? '',
});
