import { tableOf } from '../canonical/table-of.ts';

/** Said to the gateway or about the client: it changes nothing in the answer, and a vendor need not know it. */
export const GATEWAY_FIELDS = [
  'model',
  'stream',
  'stream_options',
  'usage',
  'user',
  'safety_identifier',
  'prompt_cache_key',
  'prompt_cache_retention',
  'metadata',
];

/** Values that ask for what every model does anyway. Many clients always send them. */
const IDLE_VALUES = tableOf<readonly unknown[]>({
  store: [false],
  service_tier: ['auto', 'default'],
  verbosity: ['medium'],
  function_call: ['auto', 'none'],
});

/** Fields that ask for something even when they are empty. */
const ASKING_WHEN_EMPTY: ReadonlySet<string> = new Set(['web_search_options']);

/** Whether a value is a list or an object with nothing in it. */
export const isEmpty = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).length === 0;

/** Whether the value of a field asks for something that its name does not mean anyway. */
export function asksForSomething(field: string, value: unknown): boolean {
  if (value == null || IDLE_VALUES[field]?.includes(value)) return false;
  return ASKING_WHEN_EMPTY.has(field) || !isEmpty(value);
}
