// What is compared: the upstream itself, the bare proxy, the gateway.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort, isReady, startNode } from './processes.mjs';

export const proxyCpu = 0;
export const loadCpu = 1;
/** The administrator's bearer of the gateway. */
export const key = 'sk-bench-0123456789abcdef0123456789abcdef';
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
export const gatewayScript = here('../../dist/server/main.js');
const chatPath = '/v1/chat/completions';
/** The variables that every process has. */
export const clean = () => ({ PATH: process.env.PATH, HOME: process.env.HOME, NODE_ENV: 'production' });

/**
 * Starts all three, or without the bare proxy; a gateway that is not built or does not come up is left out with a word
 * about it.
 */
export async function startTargets({ folder, models, hasBare = true }) {
  const upstreamPort = await freePort();
  const upstream = startNode({
    name: 'upstream',
    script: here('./upstream.mjs'),
    env: { ...clean(), PORT: String(upstreamPort) },
    cpu: loadCpu,
    folder,
  });
  const origin = `http://127.0.0.1:${upstreamPort}`;
  if (!(await isReady(upstream, `${origin}/stats`, 60_000)))
    throw new Error('The upstream of the bench did not start.');
  const headers = { authorization: `Bearer ${key}` };
  const targets = [{ name: 'direct', port: upstreamPort, pid: upstream.pid, path: chatPath, headers, proxy: false }];
  if (hasBare) targets.push(await startBare({ folder, origin, headers }));
  const gateway = await startGateway({ folder, origin, headers, models });
  if (gateway) targets.push(gateway);
  for (const target of targets) target.upstreamPid = upstream.pid;
  return { targets, openStreams: async () => (await (await fetch(`${origin}/stats`)).json()).openStreams };
}

async function startBare({ folder, origin, headers }) {
  const port = await freePort();
  const env = { ...clean(), PORT: String(port), UPSTREAM: origin };
  const child = startNode({ name: 'bare', script: here('./bare-proxy.mjs'), env, cpu: proxyCpu, folder });
  if (!(await isReady(child, `http://127.0.0.1:${port}/healthz`, 10_000)))
    throw new Error('The bare proxy did not start.');
  return { name: 'bare', port, pid: child.pid, path: chatPath, headers, proxy: true };
}

async function startGateway({ folder, origin, headers, models }) {
  if (!existsSync(gatewayScript)) {
    console.error('The gateway is not built (no dist/server/main.js): measuring without it.');
    return null;
  }
  const port = await freePort();
  const data = join(folder, 'data');
  const modelsFile = join(folder, 'models.yaml');
  mkdirSync(data);
  writeFileSync(
    modelsFile,
    [
      'providers:',
      `  bench: { kind: openai-compatible, base_url: ${origin}/v1 }`,
      'models:',
      ...models.flatMap((name) => [`  - alias: ${name}`, `    backends: [{ provider: bench, model: ${name} }]`]),
      '',
    ].join('\n'),
  );
  const env = {
    ...clean(),
    PORT: String(port),
    HOST: '127.0.0.1',
    DATA_DIR: data,
    API_BEARER: key,
    RATE_LIMIT_PER_SECOND: '0',
    DETECT_LOCAL: 'off',
    MODELS_FILE: modelsFile,
  };
  const child = startNode({ name: 'gateway', script: gatewayScript, env, cpu: proxyCpu, folder });
  if (await isReady(child, `http://127.0.0.1:${port}/healthz`, 120_000)) {
    return { name: 'gateway', port, pid: child.pid, path: chatPath, turnPath: '/c1/chat', headers, proxy: true };
  }
  child.kill('SIGKILL');
  console.error('The gateway did not become ready within two minutes: measuring without it.');
  return { name: 'gateway', failed: true };
}
