/**
 * A field's name without regard to case. Servers written in Go read `Model` as `model`, and also the long s (`ſ`) as s
 * and the Kelvin sign as k, hence both conversions. Source: `foldName` of Go's encoding/json.
 */
export const foldName = (name: string): string => name.toUpperCase().toLowerCase();

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** A name with one of these words in it is about an address, a file, a header, a secret, or another model. */
const RISKY_WORDS = words(
  'url urls uri uris href host hosts hostname addr address addresses endpoint endpoints proxy proxies webhook webhooks ' +
    'callback callbacks server servers socket ip port path paths header headers cookie cookies authorization bearer ' +
    'secret secrets password passwd credential credentials apikey apikeys apibase baseurl fallback fallbacks provider providers ' +
    'plugin plugins route routes router routing deployment deployments mcp connector connectors adapter adapters',
);
/** And with one of these at its end: `draft_model`, but not `model_identity`. */
const RISKY_LAST = words('model models');
/** These are risky after one of the others, or alone: `api_key`, but not `prompt_cache_key` or `rope_freq_base`. */
const OWNED = words('key keys token base');
const OWNERS = words('api access auth secret private hf bearer refresh session id subscription');
/** Without a mark between their words: `extraheaders`, `callbackurl`. */
const GLUED =
  /(?:ur[il]s?|hosts?|hostnames?|endpoints?|proxy|proxies|webhooks?|headers?|cookies?|passwords?|secrets?|apikeys?|apibase)$/;
/** These name another model, or a part of one: `model_name`, `adapterId`. */
const NAMED = words('model adapter lora');
const NAMES = words('name id');
/**
 * Settings of LiteLLM that hold whole lists of models, with their addresses and keys; the addresses of other servers from
 * which vLLM takes a part of the work, and the adapter that it loads; and the code of the client's choice that vLLM and SGLang load.
 */
const RISKY_NAMES = words(
  'user_config userconfig model_list modellist litellm_params model_info modelname modelid kv_transfer_params lora_request logits_processors custom_logit_processor',
);

/** The words of a name, however they are joined: `apiBase`, `api-base` and `API_BASE` are two words. */
const wordsOf = (name: string): string[] =>
  name
    .replace(/(\p{Ll}|\d)(\p{Lu})/gu, '$1 $2')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .map(foldName);

/** Whether a field of this name could send a server elsewhere: to another address, with another key, to another model. */
export function isRiskyName(name: string): boolean {
  const parts = wordsOf(name);
  const last = parts.at(-1) ?? '';
  if (parts.some((word) => RISKY_WORDS.has(word) || GLUED.test(word)) || RISKY_NAMES.has(parts.join('_'))) return true;
  if (NAMES.has(last) && NAMED.has(parts.at(-2) ?? '')) return true;
  if (OWNED.has(last)) return parts.length === 1 || OWNERS.has(parts.at(-2) ?? '');
  return RISKY_LAST.has(last);
}
