import type { Finding } from '../doctor/finding.ts';
import { problem } from '../doctor/finding.ts';
import { runDoctor } from '../doctor/run-doctor.ts';
import { EnvError, loadEnv } from '../env.ts';
import { counted } from '../setup/counted.ts';
import type { Outcome } from './outcome.ts';
import { parseOptions } from './parse-options.ts';

const WIDTH = 10;

/** One line a finding, and one below it with what to do. */
function show(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, subject, what, advice }) => [
    `${level.padEnd(WIDTH)}${subject}: ${what}`,
    ...(advice ? [`${' '.repeat(WIDTH)}→ ${advice}`] : []),
  ]);
  const count = (level: Finding['level']) =>
    counted(findings.filter((finding) => finding.level === level).length, level);
  return `${lines.join('\n')}\n\n${count('problem')}, ${count('warning')}\n`;
}

async function look(probe: boolean): Promise<readonly Finding[]> {
  try {
    return await runDoctor(loadEnv(), {
      probe,
      onCost: (cost) => process.stderr.write(`The probe sends ${cost}.\n`),
    });
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    const faults = error.message.split('\n');
    const told = faults.length > 1 ? faults.slice(1) : faults;
    return told.map((what) =>
      problem('settings', what.trim(), 'Correct the variable, or the line in .env; .env.example explains each.'),
    );
  }
}

/** `duplex doctor`: what is wrong with this gateway, and what to do about it. */
export async function diagnose(args: readonly string[]): Promise<Outcome> {
  const { values } = parseOptions('doctor', args, {
    options: { json: { type: 'boolean' }, probe: { type: 'boolean' } },
  });
  const findings = await look(values.probe === true);
  const isWell = !findings.some(({ level }) => level === 'problem');
  return { text: values.json ? `${JSON.stringify({ ok: isWell, findings }, null, 2)}\n` : show(findings), isWell };
}
