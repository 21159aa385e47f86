import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { text as collectText } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';
import { freePort } from '../support/listen-locally.ts';
import { bearer, root } from '../support/start-gateway.ts';
import { type GatewayProcess, startProcess } from '../support/start-process.ts';
import { tempFolder } from '../support/temp-folder.ts';

// The library that wrote the log tried again for ever, so that the gateway answered nobody any more.
describe('a gateway whose log nobody can read answers all the same', () => {
  let gateway: GatewayProcess | undefined;
  afterEach(async () => {
    await gateway?.stop('SIGKILL');
    gateway = undefined;
  });

  /** Requests that each have a line in the log. */
  const askSome = async (url: string) => {
    for (let i = 0; i < 3; i++) {
      const { status } = await fetch(`${url}/nowhere`, { signal: AbortSignal.timeout(30_000) });
      expect(status).toBe(404);
      // A line is written within 50 ms.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  test.each(['json', 'pretty'])('when its reader has ended: %s', async (LOG_FORMAT) => {
    gateway = await startProcess(tempFolder(), { LOG_FORMAT });
    gateway.child.stdout?.destroy();
    await askSome(gateway.url);
    const { output } = gateway;
    expect(output().match(/The log cannot be written to the standard output: EPIPE/g)).toHaveLength(1);
    expect(await gateway.stop('SIGTERM')).toBe(0);
  });

  test.skipIf(!existsSync('/dev/full'))('when the disk of its log is full', async () => {
    const port = await freePort();
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [join(root, 'dist/server/main.js')], {
      cwd: tempFolder(),
      env: { PATH: process.env.PATH, PORT: String(port), API_BEARER: bearer, DETECT_LOCAL: 'off', SHED_LAG_MS: '0' },
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    const told = child.stderr === null ? '' : collectText(child.stderr);
    const ended = once(child, 'exit');
    try {
      const url = `http://127.0.0.1:${port}`;
      await expect
        .poll(() =>
          fetch(`${url}/healthz`).then(
            ({ ok }) => ok,
            () => false,
          ),
        )
        .toBe(true);
      await askSome(url);
    } finally {
      child.kill('SIGTERM');
    }
    expect((await ended)[0]).toBe(0);
    expect((await told).match(/ENOSPC/g)).toHaveLength(1);
  });
});
