import type { ChatCompletionChunk, Gateway } from '@duplex/client';
import type { AnswerEvent } from '../answer.ts';
import { readChunk } from './read-chat.ts';

type Told = { readonly chunk: ChatCompletionChunk } | { readonly error: unknown } | { readonly ended: true };

/** What a run has said, from its first word, and what it says from now on. Throws GatewayError, also when it failed. */
export async function* watchRun(gateway: Gateway, id: string, signal: AbortSignal): AsyncGenerator<AnswerEvent> {
  const told: Told[] = [];
  let wake = () => {};
  const tell = (what: Told) => {
    told.push(what);
    wake();
  };
  const subscription = gateway.c1.runs.events.subscribe(
    { run_id: id },
    {
      onData: ({ data }) => tell({ chunk: data }),
      onError: (error) => tell({ error }),
      onComplete: () => tell({ ended: true }),
    },
  );
  const leave = () => tell({ ended: true });
  signal.addEventListener('abort', leave, { once: true });
  try {
    for (;;) {
      const next = told.shift();
      if (!next) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      if ('error' in next) throw next.error;
      if ('ended' in next) return;
      yield* readChunk(next.chunk);
    }
  } finally {
    signal.removeEventListener('abort', leave);
    subscription.unsubscribe();
  }
}
