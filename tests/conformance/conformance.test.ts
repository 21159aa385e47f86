import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, startGateway } from '../support/start-gateway.ts';
import { upstreamKey } from '../support/start-scripted.ts';
import { startUpstream } from '../support/upstream/start-upstream.ts';
import { caseNames, cases } from './cases.ts';
import { embeddedExceptions, realChecks } from './embedded.ts';
import { renderTable } from './render-table.ts';
import { rows } from './rows.ts';
import type { Asked, Trial } from './trial.ts';

async function startTrial({ dialect, provider, model }: (typeof rows)[number]): Promise<Trial> {
  const upstream = await startUpstream({ dialect, apiKey: upstreamKey });
  const gateway = await startGateway({
    models: `providers:
  up: { ${provider}, base_url: "${upstream.url}", api_key_env: UPSTREAM_KEY }
models:
  - { alias: model, input: [text, image], backends: [{ provider: up, model: test-model }]${model ? `, ${model}` : ''} }
`,
    // A stream does not wait here for a model that loads: what it is told then is one of the cases.
    env: { UPSTREAM_KEY: upstreamKey, MODEL_WAIT_SECONDS: '0' },
  });
  return { gateway, upstream };
}

describe.each(rows)('$name', (row) => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial(row);
  });
  afterAll(async () => {
    await trial.gateway.close();
    await trial.upstream.close();
  });

  for (const name of caseNames) {
    const exception = row.exceptions?.[name];
    const check = exception ? exception.check : cases[name];
    if (check) test(exception ? `${name}: ${exception.reason}` : name, () => check(trial));
  }
});

describe('embedded', () => {
  let asked: Asked;
  beforeAll(async () => {
    const models = '  - { alias: model, backends: [{ provider: own, model: tinychat }] }';
    asked = { gateway: await startGateway({ models: `providers:\n  own: { kind: embedded }\nmodels:\n${models}\n` }) };
  });
  afterAll(() => asked.gateway.close());

  for (const name of caseNames) {
    const exception = embeddedExceptions[name];
    const check = exception ? exception.check : realChecks[name];
    if (check) test(exception ? `${name}: ${exception.reason}` : name, () => check(asked));
  }
});

test('the table in the docs is this one (write it with `vitest -u`)', async () => {
  const columns = rows.map(({ name, exceptions = {} }) => ({ name, exceptions }));
  columns.push({ name: 'embedded', exceptions: embeddedExceptions });
  await expect(renderTable(columns)).toMatchFileSnapshot(join(root, 'docs/conformance.md'));
});
