import type { ModelsFileFault } from '../../contracts/system/models-file.ts';
import { nextTurn } from '../event-loop/next-turn.ts';
import { startThread } from '../event-loop/start-thread.ts';
import { type ModelsFile, ModelsFileError, parseModelsFile } from './models-file.ts';

/** What the thread has to do. */
export interface ParseOrder {
  readonly text: string;
  /** The name of the file, for the messages. */
  readonly name: string;
}

export type ParseReply =
  | { readonly file: ModelsFile }
  | { readonly message: string; readonly faults: readonly ModelsFileFault[] };

/** Shorter texts are parsed sooner than a thread has started, in less than 10 ms. In characters. */
const SHORT = 16 * 1024;

/**
 * Parses a models file while requests are served: thousands of models take a second, so a thread of its own does it.
 * Throws as `parseModelsFile`.
 */
export async function parseBeside(order: ParseOrder): Promise<ModelsFile> {
  if (order.text.length <= SHORT) return parseModelsFile(order.text, order.name);
  const reply = await askThread(order);
  // Receiving so much takes some ms, and so does what is made of it.
  await nextTurn();
  if ('file' in reply) return reply.file;
  throw new ModelsFileError(reply.message, { faults: reply.faults });
}

function askThread(order: ParseOrder): Promise<ParseReply> {
  const thread = startThread(new URL('./models-file-thread.ts', import.meta.url), { workerData: order });
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
    thread.once('exit', () => reject(new Error('The thread that parses the models file ended.')));
  });
}
