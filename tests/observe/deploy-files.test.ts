import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { type Gateway, root, startGateway } from '../support/start-gateway.ts';
import { htmlError } from '../support/upstream/scripts/refusals.ts';
import { type ScriptedUpstream, startUpstream } from '../support/upstream/start-upstream.ts';

let upstream: ScriptedUpstream;
let gateway: Gateway;
let scraped = '';

/** After one request that went well and one that failed, so that every series is there. */
beforeAll(async () => {
  upstream = await startUpstream();
  gateway = await startGateway({
    models: `providers:
  gpu1: { kind: openai-compatible, base_url: "${upstream.url}" }
models:
  - { alias: small, price: { input: 10, output: 30 }, backends: [{ provider: gpu1, model: m }] }
`,
  });
  const ask = async () => {
    const messages = [{ role: 'user', content: 'Hi' }];
    await (await gateway.call('POST', '/v1/chat/completions', { model: 'small', messages })).text();
  };
  await ask();
  upstream.reply(htmlError(502));
  await ask();
  scraped = await (await fetch(`${gateway.url}/metrics`)).text();
});
afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

const read = (file: string): string => readFileSync(join(root, 'docs/deploy', file), 'utf8');

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}
interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

const dashboard: Dashboard = JSON.parse(read('grafana-dashboard.json'));
const rules: Rules = parse(read('prometheus-alerts.yaml'));
const expressions = [
  ...dashboard.panels.flatMap(({ title, targets }) => targets.map(({ expr }) => [title, expr] as const)),
  ...rules.groups.flatMap((group) => group.rules.map(({ alert, expr }) => [alert, expr] as const)),
];

test.each(expressions)('%s asks for metrics that a scrape has', (_title, expr) => {
  const names = [...expr.matchAll(/\b(?:duplex|nodejs|process)_\w+/g)].map(([name]) => name);
  for (const name of names) expect(scraped).toMatch(new RegExp(`^${name}[ {]`, 'm'));
  // Prometheus itself knows `up`.
  expect(names.length > 0 || expr.startsWith('up{')).toBe(true);
});

test.each(expressions)('%s asks for labels that the metrics have', (_title, expr) => {
  const labels = [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g), ...expr.matchAll(/by \(([\w, ]+)\)/g)]
    .flatMap(([, names = '']) => names.split(', '))
    .filter((label) => label !== 'le' && label !== 'job');
  for (const label of labels) expect(scraped).toMatch(new RegExp(`[{,]${label}="`));
});
