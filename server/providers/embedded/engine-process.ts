import { createGrammarCheck } from './check-grammar.ts';
import type { FromEngine, GenerationEvent, ToEngine } from './engine-protocol.ts';
import { type LoadedModel, loadModel } from './load-model.ts';
import { Generation } from './run-generation.ts';

/** The entry of the process that hosts llama.cpp: loads one model, runs generations, says what happens. */

let model: LoadedModel | undefined;
let grammarIsReadable: ReturnType<typeof createGrammarCheck> | undefined;
const running = new Map<number, Generation>();
let pending: GenerationEvent[] = [];

function send(message: FromEngine): void {
  // A gateway that is gone needs no answer; `disconnect` ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

/** What happens within one turn of the event loop travels together. */
function emit(event: GenerationEvent): void {
  if (event.type === 'end' || event.type === 'error') running.delete(event.id);
  if (pending.length === 0) setImmediate(flush);
  pending.push(event);
}

function flush(): void {
  const events = pending;
  pending = [];
  send({ type: 'events', events });
}

async function receive(message: ToEngine): Promise<void> {
  if (message.type === 'load') {
    try {
      model = await loadModel(message.options);
      grammarIsReadable = createGrammarCheck(model);
      send({ type: 'ready', info: model.info });
    } catch (error) {
      send({ type: 'failed', reason: error instanceof Error ? error.message : String(error) });
    }
  } else if (message.type === 'generate' && model !== undefined && grammarIsReadable !== undefined) {
    const { context, info } = model;
    const host = { context, contextSize: info.contextSize, grammarIsReadable, emit };
    const generation = new Generation(host, message.request);
    running.set(message.request.id, generation);
    await generation.run();
  } else if (message.type === 'cancel') {
    running.get(message.id)?.cancel();
  } else if (message.type === 'close') {
    await model?.context.release();
    process.disconnect();
  }
}

process.on('message', (message: ToEngine) => void receive(message));
process.on('disconnect', () => process.exit());
// Ctrl-C reaches the whole process group; the gateway decides when its answers are finished.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
