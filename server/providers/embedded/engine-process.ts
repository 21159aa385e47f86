import { createGrammarCheck } from './check-grammar.ts';
import { ContextPool } from './context-pool.ts';
import type { EngineOptions, FromEngine, GenerationEvent, ToEngine } from './engine-protocol.ts';
import { NotInstalledError } from './llama-binding.ts';
import { loadModel } from './load-model.ts';
import { Generation, type GenerationHost } from './run-generation.ts';

// This file is the entry of the process that runs llama.cpp. It loads one model, runs generations, and reports what happens.

let host: GenerationHost | undefined;
const running = new Map<number, Generation>();
let pending: GenerationEvent[] = [];

function send(message: FromEngine): void {
  // If the gateway is gone, nobody needs the message; `disconnect` ends this process.
  process.send?.(message, undefined, undefined, () => {});
}

/** Collects the events of one turn of the event loop into one message. */
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

async function load(options: EngineOptions): Promise<void> {
  try {
    const model = await loadModel(options);
    const pool = new ContextPool(model);
    host = { pool, contextSize: model.info.contextSize, grammarIsReadable: createGrammarCheck(model), emit };
    send({ type: 'ready', info: model.info });
  } catch (error) {
    send(describeFailure(error));
  }
}

function describeFailure(error: unknown): FromEngine {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = cause instanceof Error ? cause.message : message;
  return { type: 'failed', reason, ...(error instanceof NotInstalledError ? { advice: message } : {}) };
}

function receive(message: ToEngine): void {
  if (message.type === 'load') void load(message.options);
  else if (message.type === 'cancel') running.get(message.id)?.cancel();
  // Do not call release(): on a context that became unusable, the binding would touch freed memory.
  else if (message.type === 'close') process.exit();
  else if (host !== undefined) {
    const generation = new Generation(host, message.request);
    running.set(message.request.id, generation);
    void generation.run();
  }
}

process.on('message', receive);
// `exit` would wait for native threads, and a gateway that was killed leaves them running.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
// Ctrl-C reaches the whole process group, but the gateway decides when its answers are finished.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
