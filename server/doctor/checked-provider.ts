import type { Provider } from '../providers/provider.ts';

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
