import { parentPort, workerData } from 'node:worker_threads';
import { ModelsFileError, parseModelsFile } from './models-file.ts';
import type { ParseOrder, ParseReply } from './parse-beside.ts';

function parse({ text, name }: ParseOrder): ParseReply {
  try {
    return { file: parseModelsFile(text, name) };
  } catch (error) {
    if (error instanceof ModelsFileError) return { message: error.message, faults: error.faults };
    throw error;
  }
}

parentPort?.postMessage(parse(workerData));
