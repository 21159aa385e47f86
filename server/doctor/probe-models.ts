import {
  ANSWER_TOKENS,
  PROMPT_TOKENS,
  type ProbedModel,
  probeCost,
  probeModel,
} from '../features/system/probe-model.ts';
import { counted } from '../setup/counted.ts';
import { type Finding, ok, problem, skipped, warning } from './finding.ts';

/** What `--probe` would cost, or costs. */
export function announce(probed: readonly ProbedModel[]): string {
  const costs = probed.map(probeCost);
  const requests = costs.reduce((sum, one) => sum + one.requests, 0);
  const usd = costs.reduce((sum, { cost_usd }) => sum + (cost_usd ?? 0), 0);
  const priced =
    usd > 0 ? `at most $${usd.toFixed(4)} by the prices of the models file` : 'the models file has no prices';
  return `${counted(requests, 'request')} to ${counted(probed.length, 'model')}, each of up to ${PROMPT_TOKENS} prompt and ${ANSWER_TOKENS} answer tokens (${priced})`;
}

export const notProbed = (probed: readonly ProbedModel[]): Finding =>
  skipped('streams and tools', 'No model was asked anything.', `\`--probe\` sends ${announce(probed)}.`);

/** Has every model answer once, and call a tool once where its alias has tools. */
export async function probeModels(probed: readonly ProbedModel[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const one of probed) {
    const subject = `model ${one.provider.id}/${one.model}`;
    for (const { level, what, advice } of await probeModel(one, AbortSignal.timeout(300_000))) {
      if (level === 'ok') findings.push(ok(subject, what));
      else findings.push((level === 'problem' ? problem : warning)(subject, what, advice ?? ''));
    }
  }
  return findings;
}
