#!/usr/bin/env node
import { type Env, EnvError, loadEnv } from '../env.ts';
import { systemCodeOf } from '../errors/system-code.ts';
import { ImportError } from '../import/import-error.ts';
import { StoreError } from '../store/store-error.ts';
import { CallError, callGateway, notTheGateway, readBearer } from './call-gateway.ts';
import { localCommands } from './local-commands.ts';
import { UsageError } from './parse-options.ts';
import { type Call, readCommand } from './read-command.ts';
import { showAnswer } from './show-answer.ts';
import { showHelp } from './show-help.ts';

function send(env: Env, { command, path, fields }: Call) {
  const { method } = command;
  const url = new URL(env.gatewayUrl + path);
  const inBody = method === 'PATCH' || (method === 'POST' && command.options !== undefined);
  if (method === 'GET') {
    for (const [name, value] of Object.entries(fields)) if (value !== null) url.searchParams.set(name, String(value));
  }
  return callGateway(env, url, readBearer(env), {
    method,
    ...(inBody && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(fields) }),
  });
}

async function run(args: readonly string[]): Promise<void> {
  if (args.length === 0 || args[0] === 'help' || args.includes('--help') || args.includes('-h')) {
    process.stdout.write(showHelp(args.filter((arg) => arg !== 'help' && !arg.startsWith('-'))));
    return;
  }
  const [first = '', ...rest] = args;
  const name = first === '--version' ? 'version' : first;
  const local = Object.hasOwn(localCommands, name) ? localCommands[name] : undefined;
  if (local) {
    const runCommand = await local.load();
    const { text, notes = [], isWell = true } = await runCommand(rest);
    process.stdout.write(text);
    for (const note of notes) process.stderr.write(`${note}\n`);
    if (!isWell) process.exitCode = 1;
    return;
  }
  const call = readCommand(args);
  const { text, isJson } = await send(loadEnv(), call);
  const isAsItCame = call.raw || call.fields.format !== undefined;
  process.stdout.write(isAsItCame ? withNewline(text) : showTable(text, isJson, call.command));
}

const withNewline = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`);

function showTable(text: string, isJson: boolean, command: Call['command']): string {
  try {
    if (!isJson) throw new Error('The answer is not JSON.');
    return showAnswer(JSON.parse(text), command);
  } catch (cause) {
    throw notTheGateway(cause);
  }
}

/** One line that says what to do. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} Run \`duplex help\` to list the commands.`;
  if ([CallError, EnvError, ImportError, StoreError].some((kind) => error instanceof kind) && error instanceof Error)
    return error.message;
  return `The command failed: ${error instanceof Error ? error.message : String(error)}`;
}

/** Ends the command when nobody reads on, as behind `| head`, or when there is no place for what it prints. */
function endWithOutput(error: Error): void {
  if (systemCodeOf(error) === 'EPIPE') process.exit();
  process.stderr.write(`The output cannot be written: ${error.message}.\n`);
  process.exit(1);
}

process.stdout.on('error', endWithOutput);
process.stderr.on('error', () => process.exit(1));

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
