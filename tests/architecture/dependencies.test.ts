import { beforeAll, describe, expect, test } from 'vitest';
import { circlesOf, type ImportGraph, importsIn, listCode, readGraph } from '../support/import-graph.ts';
import { importRules, rooms } from '../support/import-rules.ts';

let graph: ImportGraph;
beforeAll(() => {
  graph = readGraph(['contracts', 'server', 'clients'].flatMap(listCode));
});

describe('the imports of the project', () => {
  test('are all seen by the scanner', () => {
    expect(graph.size).toBeGreaterThan(800);
    expect([...graph.keys()]).toContain('clients/console/src/main.tsx');
    expect(graph.get('server/app.ts')).toContainEqual({ target: 'fastify', typeOnly: false });
    expect(graph.get('server/features/turns/open-turn.ts')).toEqual(
      expect.arrayContaining([
        { target: 'server/store/interface/conversations.ts', typeOnly: true },
        { target: 'server/features/turns/turn-prompt.ts', typeOnly: false },
      ]),
    );
  });

  test.each(Object.entries(importRules))('%s', (_, rule) => {
    expect(rule(graph)).toEqual([]);
  });

  test('every rule about a room has a room that it is about', () => {
    const files = [...graph.keys()];
    const names = [...Object.keys(rooms), ...Object.values(rooms).flat()].filter((it) =>
      /^(server|contracts)\//.test(it),
    );
    expect(names.filter((name) => !files.some((file) => file.startsWith(name)))).toEqual([]);
  });
});

/** Imports that no file may have, each with the rule that sees it. */
const inward = 'dependencies point inward';
const planted: readonly (readonly [file: string, code: string, rule: string])[] = [
  ['contracts/keys/key.ts', "import type { A } from '../../server/errors/app-error.ts';", inward],
  ['contracts/keys/key.ts', "import { A } from 'undici';", inward],
  ['server/errors/app-error.ts', "import type { A } from '../canonical/json.ts';", inward],
  ['server/event-loop/after-poll.ts', "import type { A } from '../features/runs/runs.ts';", inward],
  ['server/canonical/json.ts', "import type { A } from '../providers/provider.ts';", inward],
  ['server/canonical/json.ts', "type A = import('../features/access/caller.ts').A;", inward],
  ['server/providers/dialect.ts', "import type { A } from '../store/interface/store.ts';", inward],
  ['server/providers/dialect.ts', "import type { A } from '../live/interface/live-runs.ts';", inward],
  ['server/providers/dialect.ts', "import type { A } from '../features/access/caller.ts';", inward],
  ['server/providers/dialect.ts', "import { A } from '@trpc/server';", inward],
  ['server/providers/dialect.ts', "import { A } from '@fugood/llama.node';", inward],
  ['server/store/ids.ts', "import type { A } from '../providers/provider.ts';", inward],
  ['server/store/ids.ts', "import type { A } from '../setup/models-file.ts';", inward],
  ['server/live/memory/memory-log.ts', "import type { A } from '../../store/interface/store.ts';", inward],
  ['server/features/chat/plan-chat.ts', "export { A } from '../../providers/registry.ts';", inward],
  ['server/features/chat/plan-chat.ts', "import type { A } from '../../store/open-store.ts';", inward],
  ['server/features/chat/plan-chat.ts', "import type { A } from '../../observe/observer.ts';", inward],
  ['server/features/chat/plan-chat.ts', "import type { A } from '../../rpc/trpc.ts';", inward],
  ['server/features/chat/plan-chat.ts', "import type { A } from 'fastify';", inward],
  ['server/features/chat/plan-chat.ts', "import { A } from '@prisma/client';", inward],
  ['server/features/chat/plan-chat.ts', "import { A } from 'undici';", inward],
  ['server/rpc/output.ts', "import type { A } from '../http/sse.ts';", inward],
  ['server/rpc/output.ts', "import type { A } from '../store/open-store.ts';", inward],
  ['server/http/sse.ts', "import type { A } from '../store/interface/store.ts';", inward],
  ['server/http/sse.ts', "import type { A } from '../providers/provider.ts';", inward],
  ['server/observe/recent-lines.ts', "import type { A } from '../http/rest.ts';", inward],
  ['server/observe/recent-lines.ts', "import { A } from '../store/open-store.ts';", inward],
  ['server/setup/print-welcome.ts', "import type { A } from '../features/chat/plan-chat.ts';", inward],
  ['server/doctor/check-provider.ts', "import type { A } from '../rpc/router.ts';", inward],
  ['server/import/read-yaml.ts', "import type { A } from '../store/interface/store.ts';", inward],
  ['server/cli/main.ts', "import type { A } from '../features/chat/plan-chat.ts';", inward],
  ['server/env.ts', "import type { A } from './rpc/router.ts';", inward],
  ['server/main.ts', "import type { A } from './rpc/router.ts';", inward],
  ['server/room-that-no-rule-names/a.ts', "import { A } from 'zod';", inward],
  [
    'server/providers/anthropic/anthropic.ts',
    "import type { A } from '../gemini/gemini.ts';",
    'no dialect knows another, and only the registry and the presets look into one',
  ],
  [
    'server/providers/translating-provider.ts',
    "import { A } from './anthropic/anthropic.ts';",
    'no dialect knows another, and only the registry and the presets look into one',
  ],
  [
    'server/errors/app-error.ts',
    "import type { A } from './to-wire.ts';",
    'no imports run in a circle, those of types included',
  ],
  [
    'clients/console/src/parts/menu-props.ts',
    "import type { A } from './menu.tsx';",
    'no imports run in a circle, those of types included',
  ],
  [
    'server/features/access/caller.ts',
    "import type { A } from '../chat/not-read-yet.ts';",
    'no rooms of the features import each other, types and detours through a third room included',
  ],
  [
    'server/features/models/catalog.ts',
    "import type { A } from '../responses/run-response.ts';",
    'no rooms of the features import each other, types and detours through a third room included',
  ],
  ['server/app.ts', "import { A } from './not-there.ts';", 'every import of the project leads to a file'],
  [
    'clients/console/src/main.tsx',
    "import { A } from '../../../server/rpc/router.ts';",
    "clients take contracts and the router's types, and drag no code of the server in",
  ],
  [
    'clients/typescript/src/index.ts',
    "import type { A } from '../../../server/store/ids.ts';",
    "clients take contracts and the router's types, and drag no code of the server in",
  ],
];

describe('the rules', () => {
  test.each(planted)('see in %s: %s', (file, code, rule) => {
    const added = importsIn(file, code);
    expect(added).toHaveLength(1);
    const wrong = new Map(graph).set(file, [...(graph.get(file) ?? []), ...added]);
    expect(importRules[rule]?.(wrong)).not.toEqual([]);
  });

  test('have each a planted import that they see', () => {
    expect(Object.keys(importRules).toSorted()).toEqual([...new Set(planted.map(([, , rule]) => rule))].toSorted());
  });

  test('find a circle, however long it is', () => {
    const edges = { a: ['b'], b: ['c', 'd'], c: ['a'], d: [] };
    expect(circlesOf(new Map(Object.entries(edges)))).toEqual(['a → b → c → a']);
  });
});
