#!/usr/bin/env node
import { type Env, EnvError, loadEnv } from '../env.ts';
import { ImportError } from '../import/import-error.ts';
import { StoreError } from '../store/store-error.ts';
import { CallError, callGateway, readBearer } from './call-gateway.ts';
import { localCommands } from './local-commands.ts';
import { type Call, readCommand, UsageError } from './read-command.ts';
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
  if (args.length === 0 || args.includes('--help') || args[0] === 'help') {
    process.stdout.write(showHelp());
    return;
  }
  const [name = '', ...rest] = args;
  const load = Object.hasOwn(localCommands, name) ? localCommands[name] : undefined;
  if (load) {
    const { text, notes = [], isWell = true } = await (await load())(rest);
    process.stdout.write(text);
    for (const note of notes) process.stderr.write(`${note}\n`);
    if (!isWell) process.exitCode = 1;
    return;
  }
  const call = readCommand(args);
  const { text, isJson } = await send(loadEnv(), call);
  if (call.raw || !isJson) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  else process.stdout.write(showAnswer(JSON.parse(text), call.command.columns));
}

/** One line that says what to do. */
function explain(error: unknown): string {
  if (error instanceof UsageError) return `${error.message} Run \`duplex help\` to list the commands.`;
  if ([CallError, EnvError, ImportError, StoreError].some((kind) => error instanceof kind) && error instanceof Error)
    return error.message;
  return `The command failed: ${error instanceof Error ? error.message : String(error)}`;
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
