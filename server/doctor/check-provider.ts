import { AppError } from '../errors/app-error.ts';
import type { ModelListing } from '../providers/provider.ts';
import { counted } from '../setup/counted.ts';
import type { ModelEntry } from '../setup/models-file.ts';
import type { ClockReading } from './check-clock.ts';
import type { CheckedProvider } from './checked-provider.ts';
import { ASK_MS, explainFailure } from './explain-failure.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

/**
 * Whether the address lacks the `/v1` below which most servers have their API. Only asked where the address itself has no list
 * of models. The key is not sent: an address that refuses strangers is there as well.
 */
async function isBelowV1(baseUrl: string): Promise<boolean> {
  if (/\/v\d+\w*\/?$/.test(baseUrl)) return false;
  try {
    const url = `${baseUrl.replace(/\/$/, '')}/v1/models`;
    const { status, headers } = await fetch(url, { signal: AbortSignal.timeout(ASK_MS), redirect: 'manual' });
    return (
      status === 401 || status === 403 || (status === 200 && headers.get('content-type')?.includes('json') === true)
    );
  } catch {
    return false;
  }
}

async function explain(failure: unknown, checked: CheckedProvider): Promise<Finding> {
  const { baseUrl, provider } = checked;
  const cause = failure instanceof AppError && failure.cause instanceof Error ? failure.cause.message : '';
  if (!/answered 404/.test(cause)) return explainFailure(failure, checked);
  const subject = `provider ${provider.id}`;
  if (await isBelowV1(baseUrl)) {
    const right = `${baseUrl.replace(/\/$/, '')}/v1`;
    return problem(subject, `It has no API at ${baseUrl}, but it has one at /v1.`, `Set base_url to ${right}.`);
  }
  return warning(
    subject,
    `It has no list of models at ${baseUrl}/models.`,
    'Check base_url: that of most servers ends in /v1.',
  );
}

/** The listed names, the most similar first: most mistakes are a suffix or a version. */
function nearest(wanted: string, listed: readonly string[]): string[] {
  const head = wanted.toLowerCase().slice(0, 4);
  const alike = listed.filter((name) => name.toLowerCase().includes(head));
  return (alike.length > 0 ? alike : listed).slice(0, 3);
}

const withTag = (name: string) => (name.includes(':') ? name : `${name}:latest`);

function checkNames({ provider, models }: CheckedProvider, listed: readonly string[]): Finding[] {
  const known = new Set(listed);
  return models.flatMap((model) => {
    // Ollama lists `qwen3:latest`, and also serves it as `qwen3`.
    if (known.has(model) || known.has(withTag(model))) return [];
    const near = nearest(model, listed);
    const advice = near.length > 0 ? `It has ${near.join(', ')}.` : 'It lists no model at all: load one there.';
    return [problem(`provider ${provider.id}`, `It has no model "${model}".`, advice)];
  });
}

interface Asked {
  readonly findings: readonly Finding[];
  readonly clock: ClockReading | null;
  /** Whether a request could succeed. */
  readonly isUp: boolean;
}

/** Asks a provider what costs nothing: whether it is there, accepts the key, and lists the models. */
export async function checkProvider(checked: CheckedProvider): Promise<Asked> {
  const { provider, baseUrl } = checked;
  const subject = `provider ${provider.id}`;
  let listing: ModelListing = { models: null, isList: true, at: null };
  try {
    listing = (await provider.listModels?.(AbortSignal.timeout(ASK_MS))) ?? listing;
  } catch (failure) {
    const finding = await explain(failure, checked);
    return { findings: [finding], clock: null, isUp: finding.level !== 'problem' };
  }
  // Some vendors list models without a key, so the health probe asks for something that needs the key.
  const health = await provider.health(AbortSignal.timeout(ASK_MS));
  const clock = listing.at && { provider: provider.id, theirs: listing.at, ours: Date.now() };
  if (!health.up && !health.loading) {
    const refused = new AppError('upstream_refused', undefined, {
      cause: new Error(health.detail ?? 'no reason given'),
    });
    return { findings: [await explain(refused, checked)], clock, isUp: false };
  }
  if (!listing.isList) {
    const what = `${baseUrl} answers, but not with a list of models.`;
    return {
      findings: [warning(subject, what, 'Check base_url and kind: this may be another program.')],
      clock,
      isUp: true,
    };
  }
  const names = listing.models && checkNames(checked, listing.models);
  const told = names
    ? `and lists ${counted(listing.models?.length ?? 0, 'model')}`
    : 'but its list of models cannot be read, so the names were not checked';
  return { findings: [ok(subject, `${baseUrl} answers ${told}.`), ...(names ?? [])], clock, isUp: true };
}

/** The names of the models that backends of the models file request from a provider. */
export const modelsAt = (id: string, models: readonly ModelEntry[]): string[] => [
  ...new Set(
    models.flatMap(({ backends }) =>
      backends.flatMap((backend) => ('provider' in backend && backend.provider === id ? [backend.model] : [])),
    ),
  ),
];
