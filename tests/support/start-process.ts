import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { freePort } from './listen-locally.ts';
import { bearer, root } from './start-gateway.ts';

/** The compiled server in a process of its own, as `npm start` runs it. */
export interface GatewayProcess {
  readonly url: string;
  readonly child: ChildProcess;
  /** Everything that it printed so far. */
  readonly output: () => string;
  /** Sends a signal and resolves with the exit code when the process is gone. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts `dist/server/main.js` (built by `npm test`); resolves when it serves, rejects with its output when it stops.
 * `launcher` is a command that runs the command behind it.
 */
export function startProcess(
  cwd: string,
  variables: Record<string, string> = {},
  launcher: readonly string[] = [],
): Promise<GatewayProcess> {
  return startCommand([...launcher, process.execPath, join(root, 'dist/server/main.js')], cwd, variables);
}

/** Starts `server/main.ts`, as `npm run dev` does. */
export function startFromSource(cwd: string): Promise<GatewayProcess> {
  return startCommand(
    [process.execPath, '--import', import.meta.resolve('tsx'), join(root, 'server/main.ts')],
    cwd,
    {},
  );
}

async function startCommand(
  [command = '', ...args]: readonly string[],
  cwd: string,
  variables: Record<string, string>,
): Promise<GatewayProcess> {
  const port = await freePort();
  const child = spawn(command, args, {
    cwd,
    env: {
      PATH: process.env.PATH,
      HOST: '127.0.0.1',
      PORT: String(port),
      API_BEARER: bearer,
      DATA_DIR: join(cwd, 'data'),
      DETECT_LOCAL: 'off',
      RATE_LIMIT_PER_SECOND: '0',
      // A busy machine must not fail a test.
      SHED_LAG_MS: '0',
      ...variables,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      output += `${line}\n`;
      if (line.startsWith('Duplex ')) resolve();
    });
  });
  child.stderr.on('data', (data: Buffer) => {
    output += data.toString();
  });
  const exited = once(child, 'exit');
  await Promise.race([
    ready,
    exited.then(() => {
      throw new Error(`The server stopped at its start:\n${output}`);
    }),
  ]);
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    output: () => output,
    async stop(signal) {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal);
        await exited;
      }
      return child.exitCode;
    },
  };
}
