import { askJson, askSse, askStateless, askWebsocket } from './ask-chat.ts';
import { askBackground, askResponse, askResponseWebsocket } from './ask-responses.ts';
import { type Target, Trace, type Transport, transports } from './trace.ts';

const asks: Record<Transport, (target: Target, trace: Trace) => Promise<void>> = {
  json: askJson,
  sse: askSse,
  websocket: askWebsocket,
  response: askResponse,
  background: askBackground,
  'response-websocket': askResponseWebsocket,
  stateless: askStateless,
};

export interface Asked {
  readonly traces: readonly Trace[];
  /** Resolves when every client has its answer, or lost its connection. */
  readonly ended: Promise<void>;
}

let count = 0;

/** Asks once by one transport; the trace is filled while the answer comes. */
export function askBy(transport: Transport, target: Target): { trace: Trace; ended: Promise<void> } {
  const trace = new Trace(transport, `Question ${++count} by ${transport}`);
  const ended = asks[transport](target, trace)
    // A connection that breaks is what most faults are about; any other error is one of the test.
    .catch((error: unknown) => {
      if (error instanceof SyntaxError || error instanceof ReferenceError) throw error;
    })
    .then(() => {
      if (trace.end === 'open') trace.end = 'cut';
    });
  return { trace, ended };
}

/** One question by every transport, at once. */
export function askEverywhere(target: Target, by: readonly Transport[] = transports): Asked {
  const asked = by.map((transport) => askBy(transport, target));
  return {
    traces: asked.map(({ trace }) => trace),
    ended: Promise.all(asked.map(({ ended }) => ended)).then(() => undefined),
  };
}
