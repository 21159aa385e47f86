import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * The files that take longest, the longest first; most of them wait for browsers, processes or limits of time. Were one
 * of them among the last, a single worker would be busy while the others have nothing left to do.
 */
const longest = [
  'tests/browser/pages.test.ts',
  'tests/faults/sockets.test.ts',
  'tests/browser/playground.test.ts',
  'tests/browser/trouble.test.ts',
  'tests/crash/kill-server.test.ts',
  'tests/config/doctor.test.ts',
  'tests/browser/conversations.test.ts',
  'tests/http/upstream-failures.test.ts',
  'tests/crash/kill-idempotent.test.ts',
  'tests/browser/firefox.test.ts',
  'tests/routing/fail-over.test.ts',
  'tests/observe/traces.test.ts',
  'tests/browser/docs.test.ts',
  'tests/clients/resume.test.ts',
  'tests/regressions/long-bodies.test.ts',
  'tests/browser/dialogs.test.ts',
  'tests/config/start-failures.test.ts',
  'tests/faults/upstream.test.ts',
  'tests/faults/database.test.ts',
  'tests/crash/kill-responses.test.ts',
  'tests/crash/kill-beside-another.test.ts',
  'tests/regressions/long-answers-of-turns.test.ts',
  'tests/browser/vite-chat.test.ts',
  'tests/http/connections/slow-bodies.test.ts',
  'tests/store/recovery.test.ts',
  'tests/http/connections/slow-readers.test.ts',
];

/** Starts the longest files first, also in a clone that has no times of an earlier run. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = longest.indexOf(relative(this.ctx.config.root, moduleId));
      return at === -1 ? longest.length : at;
    };
    return (await super.sort(files)).sort((one, other) => rank(one) - rank(other));
  }
}
