/** Where a configuration holds the key of a provider. */
export type KeySource =
  | { readonly from: 'nowhere' }
  | { readonly from: 'variable'; readonly variable: string }
  /** The key itself stands in the file. It is compared with others, and never printed. */
  | { readonly from: 'file'; readonly key: string };

const VARIABLE = /^[A-Za-z_]\w*$/;

/** Reads where a key is. `prefix` marks the name of an environment variable, such as `os.environ/`. */
export function keySourceOf(text: string | null | undefined, prefix: RegExp): KeySource {
  if (text === null || text === undefined || text === '') return { from: 'nowhere' };
  const variable = text.replace(prefix, '').replace(/\}$/, '');
  if (prefix.test(text) && VARIABLE.test(variable)) return { from: 'variable', variable };
  return { from: 'file', key: text };
}
