import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

const cwd = fileURLToPath(new URL('../..', import.meta.url));

/** Compiles what has changed since the last run. */
const build = () => {
  execFileSync(process.execPath, ['.build/server.mjs'], { cwd, stdio: 'inherit' });
};

/** Vitest calls this once before the tests. */
export default function setUp(project: TestProject): void {
  build();
  project.onTestsRerun(build);
}
