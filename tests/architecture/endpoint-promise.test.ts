import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Fastify from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ClientTokens } from '../../server/features/access/client-tokens.ts';
import { Gate } from '../../server/features/access/gate.ts';
import { HeldBytes } from '../../server/features/access/held-bytes.ts';
import { KeyRing } from '../../server/features/access/key-ring.ts';
import { RateLimiter } from '../../server/features/access/rate-limiter.ts';
import { TokenGuard } from '../../server/features/access/token-guard.ts';
import { createOpenApiDocument } from '../../server/http/document/openapi.ts';
import { Heartbeat } from '../../server/http/heartbeat.ts';
import { decorateAdmission } from '../../server/http/hooks/admission.ts';
import { knowEveryMethod } from '../../server/http/hooks/known-methods.ts';
import { restPlugin } from '../../server/http/rest.ts';
import { describeOperations } from '../../server/rpc/describe-operations.ts';
import { answers } from '../../server/rpc/output.ts';
import { procedure, router } from '../../server/rpc/trpc.ts';
import { openStore } from '../../server/store/open-store.ts';
import { root } from '../support/start-gateway.ts';

/** The contract. */
const ToyRequest = z.object({ toy_id: z.string(), name: z.string().min(1) }).meta({ id: 'ToyRequest' });
const NewToyRequest = z.object({ name: z.string().min(1) }).meta({ id: 'NewToyRequest' });
const Toy = z.object({ id: z.string(), name: z.string() }).meta({ id: 'Toy' });

/** The feature. */
const makeToy = (name: string) => ({ id: 'toy_1', name });

/** The room's procedures file: one entry an endpoint. */
const describeToys = describeOperations({ name: 'toys', about: 'Things to play with.' }, () => [400, 401]);
const toyProcedures = {
  create: procedure
    .meta(describeToys('POST', '/v1/toys', 'Make a toy'))
    .input(NewToyRequest)
    .output(answers(Toy))
    .mutation(({ input }) => makeToy(input.name)),
  rename: procedure
    .meta(describeToys('PATCH', '/v1/toys/{toy_id}', 'Rename a toy'))
    .input(ToyRequest)
    .output(answers(Toy))
    .mutation(({ input }) => ({ ...makeToy(input.name), id: input.toy_id })),
};
const toys = router({ v1: { toys: toyProcedures } });

const bearer = 'sk-toys-0123456789abcdef';
const app = Fastify();
let close: () => Promise<void>;
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'duplex-toys-'));
  const store = await openStore({
    url: `file:${join(folder, 'toys.db')}`,
    migrationsDir: join(root, 'prisma/migrations'),
  });
  const { keys, wallets, userBudgets } = store;
  const ring = await KeyRing.open({ keys, wallets, userBudgets, groups: new Map(), onError: () => undefined });
  knowEveryMethod(app);
  decorateAdmission(app);
  const gate = new Gate(bearer, new RateLimiter(1_000, 1_000), {
    ring,
    tokens: new ClientTokens(randomBytes(32), ring),
    corsOrigins: ['*'],
    trustedProxies: [],
    demoPass: { find: () => null },
  });
  const guard = new TokenGuard(store);
  const held = new HeldBytes(0);
  await app.register(restPlugin, { router: toys, gate, guard, heartbeat: new Heartbeat(), maxBodyValues: 1_000, held });
  close = async () => {
    await app.close();
    await ring.close();
    await store.close();
    rmSync(folder, { recursive: true });
  };
});
afterAll(() => close());

test('an endpoint whose procedure is added is served on REST, body and path included', async () => {
  const headers = { authorization: `Bearer ${bearer}` };
  const made = await app.inject({ method: 'POST', url: '/v1/toys', headers, payload: { name: 'Bear' } });
  expect([made.statusCode, made.json()]).toEqual([200, { id: 'toy_1', name: 'Bear' }]);
  const renamed = await app.inject({ method: 'PATCH', url: '/v1/toys/t7', headers, payload: { name: 'Owl' } });
  expect([renamed.statusCode, renamed.json()]).toEqual([200, { id: 't7', name: 'Owl' }]);
});

test('an endpoint whose procedure is added is in the document, with its body, its answer and its tag', () => {
  const { paths, tags, components } = createOpenApiDocument(toys, '1.0.0');
  expect(tags).toContainEqual({ name: 'toys', description: 'Things to play with.' });
  expect(paths?.['/v1/toys']?.post).toMatchObject({
    operationId: 'v1-toys-create',
    tags: ['toys'],
    requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/NewToyRequest' } } } },
    responses: {
      200: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Toy' } } } },
      400: { content: { 'application/json': { schema: { $ref: '#/components/schemas/ErrorBody' } } } },
    },
  });
  expect(components?.schemas).toMatchObject({ NewToyRequest: { required: ['name'] }, Toy: { type: 'object' } });
});

const FILES: Readonly<Record<string, readonly string[]>> = {
  'audio-document.ts': ['audio/audio'],
  'import-document.ts': ['conversations/import'],
};

test('the document room reads the contract of no resource but of files, which have no procedures', () => {
  const folder = join(root, 'server/http/document');
  for (const file of readdirSync(folder)) {
    const code = readFileSync(join(folder, file), 'utf8');
    const named = [...code.matchAll(/contracts\/([a-z/-]+)\.ts'/g)].map(([, contract = '']) => contract);
    expect(named, file).toEqual(FILES[file] ?? named.filter((it) => ['errors', 'field-notes'].includes(it)));
  }
});
