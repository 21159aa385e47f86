import { expect, test } from 'vitest';
import { codeOf, listCode } from '../support/import-graph.ts';

const server = listCode('server');
const files = [...listCode('contracts'), ...server];

/** Finds the code that a rule forbids. */
interface Ban {
  readonly rule: string;
  readonly pattern: RegExp;
  /** The files that may hold it. */
  readonly except: readonly string[];
  /** Each is a way to write it. */
  readonly examples: readonly string[];
}

const bans: readonly Ban[] = [
  {
    rule: 'only env.ts reads the environment',
    pattern:
      /\bprocess\s*(?:\?\.|\.)\s*env|\bprocess\s*\[\s*['"`]env|\{[^}]*\benv\b[^}]*\}\s*=\s*(?:globalThis\.)?process\b|(?:from|import\(?)\s*['"](?:node:)?process['"]/,
    except: ['server/env.ts'],
    examples: [
      'process.env.PORT',
      'process?.env',
      "globalThis.process['env']",
      'const { env } = process;',
      'const { argv, env: all } = globalThis.process;',
      "import { env } from 'node:process';",
      "import process from 'process';",
    ],
  },
  {
    rule: 'what is measured or waited for uses the clock that nobody can set',
    pattern: /\bperformance\s*\.\s*now\b|\bhrtime\b|perf_hooks/,
    except: ['server/event-loop/monotonic-now.ts'],
    examples: ['performance.now()', 'process.hrtime.bigint()', "import { performance } from 'node:perf_hooks';"],
  },
  {
    rule: 'the clock on the wall gives only times that people or other processes read',
    pattern: /\bDate\s*\.\s*now\b|new Date\(\)\s*\.\s*(?:getTime|valueOf)\b|[-+]\s*new Date\(\)|Number\(new Date\(\)\)/,
    except: [
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
    ],
    examples: ['Date.now()', 'new Date().getTime()', 'const since = +new Date();', '[1].map(Date.now)'],
  },
  {
    rule: 'no file hands on what another one exports',
    pattern: /^export\s+(?:type\s+)?(?:\*|\{[^}]*\})[^;'"]*\sfrom\s/m,
    except: [],
    examples: [
      "export * from './a.ts';",
      "export * as a from './a.ts';",
      "export {\n  a,\n  type B,\n} from './a.ts';",
      "export type { B } from './a.ts';",
    ],
  },
];

test.each(bans)('$rule', ({ pattern, except }) => {
  expect(files.filter((file) => pattern.test(codeOf(file))).toSorted()).toEqual(except);
});

test.each(bans.flatMap(({ examples, ...ban }) => examples.map((code) => ({ code, ...ban }))))(
  '$rule: $code is seen',
  ({ code, pattern }) => {
    expect(pattern.test(code)).toBe(true);
  },
);

const isNamedWell = (file: string) => /^([a-z0-9-]+\/)*[a-z0-9-]+(\.d)?\.m?ts$/.test(file);
const isHub = (file: string) => /\/(index|utils?|helpers?|common|misc)\.m?ts$/.test(file);

test('files are named in kebab-case, and none is a hub of utilities', () => {
  expect(files.filter((file) => !isNamedWell(file) || isHub(file))).toEqual([]);
  expect(['server/aB.ts', 'server/a_b.ts'].filter(isNamedWell)).toEqual([]);
  expect(['server/http/utils.ts', 'contracts/index.ts'].every(isHub)).toBe(true);
});

test('the root of the server holds its start, its wiring and its settings', () => {
  const atRoot = server.filter((file) => file.split('/').length === 2);
  expect(atRoot.toSorted()).toEqual(['server/app.ts', 'server/env.ts', 'server/main.ts', 'server/variables.ts']);
});

test('one file turns an error into what clients see, and one into the event that ends a failed response', () => {
  const makers = server.filter((file) => /\berror: \{\s*type\b/.test(codeOf(file)));
  expect(makers).toEqual(['server/errors/to-wire.ts', 'server/features/responses/answer/to-failure.ts']);
});
