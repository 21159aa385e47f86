#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ErrorBody } from '../../contracts/errors.ts';
import { type Env, EnvError, loadEnv } from '../env.ts';
import { type Call, readCommand, UsageError } from './read-command.ts';
import { showAnswer } from './show-answer.ts';
import { showHelp } from './show-help.ts';

/** What went wrong beyond what was typed, in words for the operator. */
class CallError extends Error {}

function readBearer({ apiBearer, dataDir }: Env): string {
  if (apiBearer) return apiBearer;
  try {
    return readFileSync(join(dataDir, 'api-bearer'), 'utf8').trim();
  } catch (cause) {
    throw new CallError('There is no bearer: set API_BEARER, or run this in the folder of the gateway.', { cause });
  }
}

async function send(env: Env, { command, path, fields }: Call): Promise<Response> {
  const { method } = command;
  const url = new URL(env.gatewayUrl + path);
  const inBody = method === 'PATCH' || (method === 'POST' && command.options !== undefined);
  if (method === 'GET') {
    for (const [name, value] of Object.entries(fields)) if (value !== null) url.searchParams.set(name, String(value));
  }
  try {
    return await fetch(url, {
      method,
      headers: { authorization: `Bearer ${readBearer(env)}`, ...(inBody && { 'content-type': 'application/json' }) },
      ...(inBody && { body: JSON.stringify(fields) }),
    });
  } catch (cause) {
    if (cause instanceof CallError) throw cause;
    throw new CallError(`No gateway answers at ${env.gatewayUrl}; set DUPLEX_URL.`, { cause });
  }
}

function describe(status: number, text: string): string {
  try {
    const { code, message, param } = ErrorBody.parse(JSON.parse(text)).error;
    return `${message} (${code}${param ? `, ${param}` : ''})`;
  } catch {
    return `The gateway answered ${status}.`;
  }
}

async function run(args: readonly string[]): Promise<void> {
  if (args.length === 0 || args.includes('--help') || args[0] === 'help') {
    process.stdout.write(showHelp());
    return;
  }
  const call = readCommand(args);
  const response = await send(loadEnv(), call);
  const text = await response.text();
  if (!response.ok) throw new CallError(describe(response.status, text));
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  if (call.raw || !isJson) process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
  else process.stdout.write(showAnswer(JSON.parse(text), call.command.columns));
}

try {
  await run(process.argv.slice(2));
} catch (error) {
  const known = error instanceof UsageError || error instanceof CallError || error instanceof EnvError;
  process.stderr.write(`${known ? error.message : String(error)}\n`);
  if (error instanceof UsageError) process.stderr.write('duplex help says what there is.\n');
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
