import type { Caller } from '../features/access/caller.ts';

/** This is a type and not an interface, so that the published type shows its fields and does not need this file. */
type AnswerNote = {
  /** The request id, as in `x-request-id` and in `api.usage.list`. */
  request_id: string;
  /** As in `x-gateway-backend`. */
  backend: string | null;
  /** As in `x-gateway-attempts`. */
  attempts: number;
  /** As in `x-gateway-applied`: what the gateway changed in the request. */
  applied: string | null;
  /** As in `x-gateway-replayed`: an earlier request with the same idempotency key asked for this answer. */
  replayed?: true;
};

/** The note on the first event of a stream. */
export type Noted = { gateway?: AnswerNote };

export interface NotedCaller {
  readonly caller: Caller;
  header(name: string): string | null;
  /** Returns the note at its first call, and nothing later. */
  once(): Noted;
}

/**
 * Records the headers that tell which backend answered and what was changed. REST sends them as headers. Callers of
 * tRPC see no headers, so there the first event of a stream holds them. Pass the returned caller to the use case.
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
          ...(header('x-gateway-replayed') === null ? {} : { replayed: true }),
        },
      };
    },
  };
}

/** This is a type and not an interface, so that the published type shows its fields. */
export type OfTurn = { conversation_id: string; run_id: string };

/** The conversation and the run of a turn, which REST sends as headers. */
export const turnOf = ({ header }: Pick<NotedCaller, 'header'>): OfTurn => ({
  conversation_id: header('x-conversation-id') ?? '',
  run_id: header('x-run-id') ?? '',
});
