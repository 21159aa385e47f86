import { AppError } from '../errors/app-error.ts';
import type { ModelListing, Provider } from '../providers/provider.ts';
import type { ModelEntry } from '../setup/models-file.ts';
import type { ClockReading } from './check-clock.ts';
import { type Finding, ok, problem, warning } from './finding.ts';

const ASK_MS = 10_000;

/** A provider, and what the models file says about it. */
export interface CheckedProvider {
  readonly provider: Provider;
  readonly baseUrl: string;
  /** Where its key comes from, such as `OPENAI_API_KEY`. Null: it is asked without a key. */
  readonly keySource: string | null;
  /** The variable that would have its key, where it is not set. */
  readonly unsetKey: string | null;
  /** The names of the models that backends request from it. */
  readonly models: readonly string[];
}

/** What the failure of the first request means, and what to do. */
function explain(failure: unknown, { baseUrl, keySource, unsetKey, provider }: CheckedProvider): Finding {
  const subject = `provider ${provider.id}`;
  if (!(failure instanceof AppError)) return problem(subject, String(failure), 'Look at what answers there.');
  const cause = failure.cause instanceof Error ? failure.cause.message : '';
  const said = cause ? ` (${cause.slice(0, 200)})` : '';
  switch (failure.code) {
    case 'upstream_unavailable':
      return problem(subject, `${baseUrl} cannot be reached${said}.`, 'Start the model server, or mend base_url.');
    case 'upstream_timeout':
    case 'client_disconnected':
      return problem(
        subject,
        `${baseUrl} did not answer within ${ASK_MS / 1000} s.`,
        'Look at the model server and at the network between.',
      );
    case 'model_loading':
      return warning(subject, 'It loads its model.', 'Wait until it has loaded, and run this again.');
    case 'model_busy':
    case 'model_quota_exhausted':
      return warning(
        subject,
        `It takes no more requests at the moment${said}.`,
        'Wait, or raise the quota at the provider.',
      );
    case 'upstream_refused':
      if (/answered 404/.test(cause)) {
        return warning(
          subject,
          `It has no list of models at ${baseUrl}/models.`,
          'See that base_url is right: that of most servers ends in /v1.',
        );
      }
      if (/answered 3\d\d|redirect/.test(cause + failure.message)) {
        return problem(subject, `${baseUrl} answers with a redirect.`, 'Set base_url to the address that it leads to.');
      }
      if (keySource) {
        return problem(subject, `It refuses the key of ${keySource}${said}.`, `Put a valid key into ${keySource}.`);
      }
      return unsetKey
        ? problem(
            subject,
            `It wants a key, and ${unsetKey} is not set${said}.`,
            `Set ${unsetKey} in the environment or in .env.`,
          )
        : problem(subject, `It wants a key${said}.`, 'Give the provider an api_key_env or an api_key_file.');
    default:
      return problem(
        subject,
        `Its response is not that of a model server${said}.`,
        'See that base_url and kind are right.',
      );
  }
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
  let listing: ModelListing = { models: null, at: null };
  try {
    listing = (await provider.listModels?.(AbortSignal.timeout(ASK_MS))) ?? listing;
  } catch (failure) {
    const finding = explain(failure, checked);
    return { findings: [finding], clock: null, isUp: finding.level !== 'problem' };
  }
  // Some vendors list models without a key, so the health probe asks for something that needs the key.
  const health = await provider.health(AbortSignal.timeout(ASK_MS));
  const clock = listing.at && { provider: provider.id, theirs: listing.at, ours: Date.now() };
  if (!health.up && !health.loading) {
    const refused = new AppError('upstream_refused', undefined, {
      cause: new Error(health.detail ?? 'no reason given'),
    });
    return { findings: [explain(refused, checked)], clock, isUp: false };
  }
  const names = listing.models && checkNames(checked, listing.models);
  const told = names
    ? `and lists ${listing.models?.length} models`
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
