import { type PrettyOptions, prettyFactory } from 'pino-pretty';
import { StandardOutput } from './standard-output.ts';

/** Fields that the sentence of a request's line already contains. */
const TOLD = ['op', 'model', 'backend', 'status', 'ms', 'firstTokenMs', 'promptTokens', 'completionTokens', 'costUsd'];

const seconds = (ms: unknown): string =>
  typeof ms === 'number' ? `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 0)} s` : '';

/** A request in one sentence: `v1.chat tinychat → embedded/tinychat: 200, 12 + 30 tokens, 0.41 s (first token 0.05 s)`. */
function describe({
  op,
  model,
  backend,
  status,
  ms,
  firstTokenMs,
  promptTokens,
  completionTokens,
  costUsd,
}: Line): string {
  const where = backend ? `${model} → ${backend}` : model;
  const tokens = promptTokens === undefined ? '' : `, ${promptTokens} + ${completionTokens} tokens`;
  const cost = costUsd ? `, $${costUsd}` : '';
  const first = firstTokenMs ? ` (first token ${seconds(firstTokenMs)})` : '';
  return `${[op, where].filter(Boolean).join(' ')}: ${status}${tokens}${cost}, ${seconds(ms)}${first}`;
}

interface Line {
  readonly [name: string]: unknown;
}

/** A stream that takes lines of JSON. */
export interface LogStream {
  write(line: string): void;
}

/** `auto`: readable lines on a terminal, otherwise JSON. */
export type LogFormat = 'auto' | 'json' | 'pretty';

/** More text than this is written at once, in characters. */
const MAX_BUFFERED = 8 * 1024;
/** How long a line waits for others, in ms. */
const WAIT_MS = 50;

/**
 * JSON on the standard output, several lines at a time: a write for each line took a fifth of the time of a short
 * request. They are also written when the process ends by itself; `kill -9` loses the last 50 ms of them.
 */
function openJson(output: StandardOutput): LogStream {
  let lines = '';
  let isDue = false;
  const flush = () => {
    const text = lines;
    lines = '';
    output.write(text);
  };
  process.once('exit', flush);
  return {
    write(line) {
      lines += line;
      if (lines.length >= MAX_BUFFERED) flush();
      if (isDue) return;
      isDue = true;
      setTimeout(() => {
        isDue = false;
        flush();
      }, WAIT_MS).unref();
    },
  };
}

/** How a readable line looks, with colours on a terminal. */
const looks = (isTerminal: boolean): PrettyOptions => ({
  colorize: isTerminal,
  singleLine: true,
  translateTime: 'SYS:HH:MM:ss.l',
  ignore: ['pid', 'hostname', ...TOLD].join(','),
  messageFormat: (line: Line, messageKey) => (line.op ? describe(line) : String(line[messageKey] ?? '')),
});

/** Converts lines of JSON to readable ones. */
export const readableLines = (isTerminal: boolean): ((line: string) => string) => prettyFactory(looks(isTerminal));

/** Where the log goes: readable lines on a terminal, and JSON for programs. `auto` decides by what the output is. */
export function openLog(format: LogFormat, isTerminal: boolean): LogStream {
  const output = new StandardOutput();
  if (format === 'json' || (format === 'auto' && !isTerminal)) return openJson(output);
  const toReadable = readableLines(isTerminal);
  return { write: (line) => output.write(toReadable(line)) };
}
