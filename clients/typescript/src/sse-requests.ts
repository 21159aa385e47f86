/** A subscription as a request of REST. */
export interface SseRequest {
  readonly path: string;
  /** Absent: a GET. */
  readonly body?: object;
  /** The answer's headers name a turn and its run. */
  readonly isTurn: boolean;
}

type Input = Readonly<Record<string, unknown>>;

const post =
  (path: string, isTurn: boolean) =>
  ({ lastEventId: _, ...input }: Input): SseRequest => ({ path, body: { ...input, stream: true }, isTurn });

function query(fields: Input): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null);
  return new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)])).toString();
}

const requests: Readonly<Record<string, (input: Input) => SseRequest>> = {
  'v1.chat.stream': post('/v1/chat/completions', false),
  'v1.responses.stream': post('/v1/responses', false),
  'v1.responses.follow': ({ response_id, lastEventId, ...rest }) => ({
    path: `/v1/responses/${encodeURIComponent(String(response_id))}?${query({ starting_after: lastEventId, ...rest, stream: true })}`,
    isTurn: false,
  }),
  'c1.chat.stream': post('/c1/chat', true),
  'c1.runs.events': ({ run_id, lastEventId, ...rest }) => ({
    path: `/c1/runs/${encodeURIComponent(String(run_id))}/events?${query({ after: lastEventId, ...rest })}`,
    isTurn: true,
  }),
};

/** Undefined: REST has no stream of events that would be the same. */
export const sseRequestOf = (path: string, input: unknown): SseRequest | undefined => {
  const make = Object.hasOwn(requests, path) ? requests[path] : undefined;
  return make?.(typeof input === 'object' && input !== null ? { ...input } : {});
};

export const isOverSse = (path: string): boolean => Object.hasOwn(requests, path);
