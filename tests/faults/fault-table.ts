import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import type { Finding } from '../support/faults/check-fault.ts';
import type { NotedFault } from '../support/faults/note-fault.ts';
import { root } from '../support/start-gateway.ts';

const INTRO = `# Faults

This page lists faults, and what was found after each of them. \`npm run test:faults\` causes each fault in a real gateway with a real
database while answers are in progress over every transport: JSON, server-sent events and tRPC's websocket at \`/c1/chat\`; a stream, the
background and the websocket of \`/v1/responses\`; and a stream of \`/v1/chat/completions\`, which stores nothing. It writes this page.

After each fault the same has to hold, or the row says that it failed:

- **Messages**: every question that the gateway acknowledged to a client is stored once, with the text that the client saw. An answer that
  the client received completely is stored as \`completed\`.
- **Events**: the events of every run are numbered without a gap, and a client that comes back gets the same ones. Only \`kill -9\` may lose
  events of the last second, at the end of an answer in progress.
- **Bills**: every request that cost something has one usage row and one charge of the same amount, the balance is the sum
  of the ledger, and the upstream was asked for everything that is charged.
- **Leaks**: no slot of a key, reservation, lock of a conversation, run, stream, websocket or connection to the upstream is left over.
- **Recovery**: within two minutes, all transports are served again, without a restart; after \`kill -9\`, by the next process.
`;

const HEAD = [
  'fault',
  'answers: completed, failed, cut off',
  'acknowledged messages, of which lost',
  'events, of which missing',
  'requests billed, of which twice; calls upstream',
  'leaks',
  'serves again',
];

const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;

function rowOf(fault: string, { ends, acknowledged, events, billed, upstreamCalls }: Finding): string {
  const answers = `${ends.completed}, ${ends.failed}, ${ends.cut}`;
  const bills = `${billed}, 0; ${upstreamCalls}`;
  return line([fault, answers, `${acknowledged}, 0`, `${events}, 0`, bills, 0, 'yes']);
}

/** A fault without a finding: its test failed, or this machine cannot do it. */
function rowWithout(test: TestCase): string {
  const { state, errors } = test.result();
  const reason = state === 'skipped' ? 'not run here' : `**failed**: ${errors?.[0]?.message.split('\n')[0] ?? ''}`;
  return line([test.name, reason, '', '', '', '', '']);
}

/** Writes what was found after each fault into the documentation. */
export class FaultTable implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const tests = [...modules]
      .sort((one, other) => one.moduleId.localeCompare(other.moduleId))
      .flatMap((module) => [...module.children.allTests()]);
    const rows = tests.map((test) => {
      const noted: NotedFault | undefined = test.meta().fault;
      return noted ? rowOf(noted.fault, noted.finding) : rowWithout(test);
    });
    const { model } = cpus()[0] ?? { model: 'an unknown processor' };
    const made = `Made on ${new Date().toISOString().slice(0, 10)} with Node.js ${process.version} on ${process.platform}, ${cpus().length} cores (${model.trim()}).`;
    const table = [line(HEAD), line(HEAD.map(() => '---')), ...rows].join('\n');
    writeFileSync(join(root, 'docs/faults.md'), `${INTRO}\n${table}\n\n${made}\n`);
  }
}
