import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import { root } from '../support/start-gateway.ts';

interface Import {
  /** A path inside the project, or the name of a package. */
  readonly target: string;
  readonly typeOnly: boolean;
}

const generated = 'server/store/generated/';

function listFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .filter(
      (file) =>
        /\.m?ts$/.test(file) &&
        !file.startsWith(generated) &&
        !file.includes('/dist/') &&
        !file.includes('node_modules/'),
    );
}

/** Without comments, and without the blocks of text that the command line prints. A string may hold `/*`. */
function codeOf(file: string): string {
  return readFileSync(join(root, file), 'utf8')
    .replace(/`\n[^`$]*`/g, "''")
    .replace(/'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (found) => (found.startsWith("'") ? found : ''));
}

/** `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`. */
function importsOf(file: string): Import[] {
  const code = codeOf(file);
  const found = [
    ...code.matchAll(/^\s*(?:import|export)\s+(type\s)?[^'"`;]*?\sfrom\s+['"]([^'"]+)['"]/gm),
    ...code.matchAll(/^\s*import\s+()['"]([^'"]+)['"]/gm),
    ...code.matchAll(/\bimport\(()\s*['"]([^'"]+)['"]/g),
  ];
  return found.map(([, type, specifier = '']) => ({
    target: specifier.startsWith('.')
      ? normalize(join(dirname(file), specifier)).replaceAll('\\', '/')
      : packageOf(specifier),
    typeOnly: Boolean(type),
  }));
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const contracts = listFiles('contracts');
const server = listFiles('server');
const graph = new Map([...contracts, ...server].map((file) => [file, importsOf(file)]));

/** The imports of a layer that none of the allowed prefixes covers. */
function strangers(layer: string, allowed: readonly string[]): string[] {
  return [...graph].flatMap(([file, imports]) =>
    file.startsWith(layer)
      ? imports
          .filter(({ target }) => !allowed.some((prefix) => target.startsWith(prefix)))
          .map(({ target }) => `${file} → ${target}`)
      : [],
  );
}

/** One path for every circle that is met. */
function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) circles.push([...path.slice(path.indexOf(node)), node].join(' → '));
    if (path.includes(node) || done.has(node)) return;
    for (const target of edges.get(node) ?? []) visit(target, [...path, node]);
    done.add(node);
  };
  for (const node of edges.keys()) visit(node, []);
  return circles;
}

const seams = [
  'server/providers/provider.ts',
  'server/providers/upstream-tap.ts',
  'server/store/interface/',
  'server/live/interface/',
];
const core = ['server/event-loop/', 'server/canonical/', 'contracts/', 'server/errors/'];

describe('dependencies point inward', () => {
  test('the scanner sees imports of every kind', () => {
    expect(graph.size).toBeGreaterThan(80);
    expect(graph.get('server/app.ts')).toContainEqual({ target: 'fastify', typeOnly: false });
    expect(graph.get('server/features/turns/open-turn.ts')).toEqual(
      expect.arrayContaining([
        { target: 'server/store/interface/conversations.ts', typeOnly: true },
        { target: 'server/features/turns/turn-prompt.ts', typeOnly: false },
      ]),
    );
    expect(strangers('server/http/', ['contracts/']).length).toBeGreaterThan(10);
  });

  test('contracts import zod and each other', () => {
    expect(strangers('contracts/', ['contracts/', 'zod'])).toEqual([]);
  });

  test('errors import contracts, and zod for the errors of zod', () => {
    expect(strangers('server/errors/', ['contracts/', 'server/errors/', 'zod'])).toEqual([]);
  });

  test('the canonical form knows contracts and errors', () => {
    expect(
      strangers('server/canonical/', ['server/canonical/', 'contracts/', 'server/errors/', 'node', 'zod']),
    ).toEqual([]);
  });

  test('providers and the store know contracts and errors, never each other or what is above them', () => {
    const outer = [
      'server/features/',
      'server/rpc/',
      'server/http/',
      'server/app.ts',
      'server/env.ts',
      'server/main.ts',
      'server/setup/',
    ];
    const ownPackages = (target: string) => !target.startsWith('server/') && !target.startsWith('contracts/');
    for (const [layer, other] of [
      ['server/providers/', 'server/store/'],
      ['server/store/', 'server/providers/'],
    ] as const) {
      const inside = strangers(layer, [layer, ...core]).filter((edge) => !ownPackages(edge.split(' → ')[1] ?? ''));
      expect(inside).toEqual([]);
      for (const [file, imports] of graph) {
        if (!file.startsWith(layer)) continue;
        for (const { target } of imports) {
          expect([file, target]).not.toEqual([file, expect.stringMatching(/^(fastify|@fastify\/|@trpc\/)/)]);
          expect(target.startsWith(other) || outer.some((prefix) => target.startsWith(prefix))).toBe(false);
        }
      }
    }
  });

  test('what replicas share knows contracts, errors and the canonical form', () => {
    expect(strangers('server/live/', ['server/live/', ...core, 'node'])).toEqual([]);
  });

  test('one dialect knows nothing of another', () => {
    const dialects = readdirSync(join(root, 'server/providers'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && entry.name !== 'http')
      .map(({ name }) => name);
    expect(dialects.length).toBeGreaterThan(4);
    for (const dialect of dialects) {
      const others = dialects.filter((name) => name !== dialect).map((name) => `server/providers/${name}/`);
      for (const [file, imports] of graph) {
        if (!file.startsWith(`server/providers/${dialect}/`)) continue;
        for (const { target } of imports)
          expect([file, others.some((other) => target.startsWith(other))]).toEqual([file, false]);
      }
    }
  });

  test('features know contracts, errors and the seams; never Fastify, tRPC or Prisma', () => {
    expect(strangers('server/features/', ['server/features/', ...core, ...seams, 'node', 'cockatiel'])).toEqual([]);
  });

  test('rpc knows features, contracts, errors and the seams', () => {
    const allowed = [
      'server/rpc/',
      'server/features/',
      ...core,
      ...seams,
      '@trpc/server',
      'zod',
      'trpc-to-openapi',
      'node',
    ];
    expect(strangers('server/rpc/', allowed)).toEqual([]);
  });

  test('http knows rpc, features, contracts and errors', () => {
    const inside = strangers('server/http/', ['server/http/', 'server/rpc/', 'server/features/', ...core]);
    expect(inside.filter((edge) => / → (server|contracts|clients)\//.test(edge))).toEqual([]);
    expect(inside.filter((edge) => / → (@prisma|undici|@fugood|@photostructure)/.test(edge))).toEqual([]);
  });

  test('the command line asks the gateway as anybody would, and only copies its database and looks at it by itself', () => {
    const copying = ['server/store/copy-database.ts', 'server/store/store-error.ts'];
    expect(
      strangers('server/cli/', [
        'server/cli/',
        'server/features/connect/',
        'server/doctor/',
        'server/import/',
        'server/setup/package-root.ts',
        'contracts/',
        'server/env.ts',
        'server/observe/alerts/alert-once.ts',
        'server/errors/system-code.ts',
        // Lines of the log look as they do where the gateway runs.
        'server/observe/open-log.ts',
        'node',
        ...copying,
      ]),
    ).toEqual([]);
  });

  test('Prisma stays in the store, and the native model in its provider', () => {
    for (const [file, imports] of graph) {
      for (const { target } of imports) {
        if (/^(@prisma\/|@photostructure\/)/.test(target)) expect(file).toMatch(/^server\/store\//);
        if (target.startsWith('@fugood/')) expect(file).toMatch(/^server\/providers\/embedded\//);
        if (target === 'undici') expect(file).toMatch(/^server\/(providers\/|setup\/detect-local\.ts$)/);
        if (/^(fastify|@fastify\/)/.test(target)) expect(file).toMatch(/^server\/(http\/|app\.ts$)/);
      }
    }
  });

  test('only the registry and the presets look into the folder of a dialect', () => {
    const inside = /^server\/providers\/(?!http\/)[a-z-]+\//;
    const others = [...graph].flatMap(([file, imports]) =>
      inside.test(file) ? [] : imports.filter(({ target }) => inside.test(target)).map(() => file),
    );
    expect([...new Set(others)].toSorted()).toEqual(['server/providers/presets.ts', 'server/providers/registry.ts']);
  });

  test('no imports run in a circle, those of types included', () => {
    const edges = new Map([...graph].map(([file, imports]) => [file, imports.map(({ target }) => target)]));
    expect(circlesOf(edges)).toEqual([]);
  });

  test('no rooms of the features import each other, types and detours through a third room included', () => {
    const roomOf = (file: string) => /^server\/features\/([^/]+)\//.exec(file)?.[1];
    const edges = new Map<string, string[]>();
    for (const [file, imports] of graph) {
      const room = roomOf(file);
      if (room === undefined) continue;
      const others = imports.flatMap(({ target }) => roomOf(target) ?? []).filter((other) => other !== room);
      edges.set(room, [...(edges.get(room) ?? []), ...others]);
    }
    expect([...edges.keys()]).toEqual(expect.arrayContaining(['access', 'chat', 'models', 'responses']));
    expect(circlesOf(edges)).toEqual([]);
  });

  test('a circle is found, however long it is', () => {
    const edges = { a: ['b'], b: ['c', 'd'], c: ['a'], d: [] };
    expect(circlesOf(new Map(Object.entries(edges)))).toEqual(['a → b → c → a']);
  });

  test('every import of the project leads to a file', () => {
    const known = new Set([...graph.keys()]);
    for (const [file, imports] of graph) {
      for (const { target } of imports) {
        if (!/^(server|contracts)\//.test(target) || target.startsWith(generated)) continue;
        expect([file, target, known.has(target)]).toEqual([file, target, true]);
      }
    }
  });

  test('the client takes contracts and types, and drags no code of the server in', () => {
    for (const file of listFiles('clients')) {
      for (const { target, typeOnly } of importsOf(file)) {
        if (target.startsWith('server/')) expect([file, target, typeOnly]).toEqual([file, target, true]);
      }
    }
  });
});

describe('the house rules', () => {
  test('only env.ts reads the environment', () => {
    const readers = server.filter((file) => {
      const code = codeOf(file);
      return /process\s*\.\s*env|process\[['"]env|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b|import.*\benv\b.*node:process/.test(
        code,
      );
    });
    expect(readers).toEqual(['server/env.ts']);
  });

  test('what is measured or waited for uses the clock that nobody can set', () => {
    const readers = (clock: string) => server.filter((file) => codeOf(file).includes(clock));
    expect(readers('performance.now()')).toEqual(['server/event-loop/monotonic-now.ts']);
    // Times that people or other processes read.
    expect(readers('Date.now()').toSorted()).toEqual([
      'server/canonical/chunk-writer.ts',
      'server/doctor/check-provider.ts',
      'server/features/access/gate.ts',
      'server/features/access/key-ring.ts',
      'server/features/access/request-id.ts',
      'server/features/images/from-chat.ts',
      'server/features/keys/create-client-token.ts',
      'server/features/runs/answer-once.ts',
      'server/features/runs/sweep-runs.ts',
      'server/features/system/describe-models.ts',
      'server/features/system/show-status.ts',
      'server/features/usage/usage-filter.ts',
      'server/observe/alerts/repeats.ts',
      'server/observe/recent-lines.ts',
      'server/observe/traces/request-span.ts',
      'server/observe/traces/traces.ts',
      'server/providers/http/read-retry-after.ts',
      'server/providers/images-api/read-answer.ts',
      'server/store/ids.ts',
      'server/store/used-clock.ts',
    ]);
  });

  test('files are named in kebab-case', () => {
    const odd = [...contracts, ...server].filter((file) => !/^([a-z0-9-]+\/)*[a-z0-9-]+(\.d)?\.m?ts$/.test(file));
    expect(odd).toEqual([]);
  });

  test('no file only hands others on, and none is a hub of utilities', () => {
    for (const file of [...contracts, ...server]) {
      expect(file).not.toMatch(/\/(index|utils?|helpers?|common|misc)\.ts$/);
      const code = readFileSync(join(root, file), 'utf8');
      expect([file, /^export \* from/m.test(code)]).toEqual([file, false]);
    }
  });
});
