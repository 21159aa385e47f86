/**
 * Features of Anthropic's that a key may ask for by `anthropic-beta`: they change the form of a request or of an answer, and
 * cost no more than its tokens. Not `context-1m` and `fast-mode`, which raise the price, nor those of tools and files that
 * Anthropic runs and keeps. Source: https://docs.claude.com/en/api/beta-headers and the headers that Claude Code sends.
 */
const FREE = [
  'adaptive-thinking',
  'advanced-tool-use',
  'cache-diagnosis',
  'claude-code',
  'compact',
  'computer-use',
  'context-management',
  'effort',
  'extended-cache-ttl',
  'fine-grained-tool-streaming',
  'interleaved-thinking',
  'max-tokens-3-5-sonnet',
  'mid-conversation-system',
  'model-context-window-exceeded',
  'oauth',
  'output-128k',
  'pdfs',
  'prompt-caching',
  'prompt-caching-scope',
  'redact-thinking',
  'search-results',
  'structured-outputs',
  'summarize-connector-text',
  'task-budgets',
  'token-counting',
  'token-efficient-tools',
  'tool-examples',
  'tool-search-tool',
];

const HEADER = 'anthropic-beta';

/** `context-1m-2025-08-07` is the feature `context-1m` of that day. */
const isFree = (beta: string) => FREE.includes(beta.replace(/-\d{4}-\d{2}-\d{2}$/, ''));

export interface ChosenBetas {
  /** The headers of the dialect, with the features that may be asked for. */
  readonly headers: Readonly<Record<string, string>>;
  /** The betas that were left out. */
  readonly dropped: readonly string[];
}

/** Leaves out the features that a key cannot ask for: clients send them with every request, whether they use them or not. */
export function chooseBetas(headers: Readonly<Record<string, string>>, mayAskAll: boolean): ChosenBetas {
  const { [HEADER]: asked, ...others } = headers;
  if (asked === undefined || mayAskAll) return { headers, dropped: [] };
  const betas = asked
    .split(',')
    .map((beta) => beta.trim().toLowerCase())
    .filter(Boolean);
  const kept = betas.filter(isFree);
  const dropped = betas.filter((beta) => !isFree(beta)).map((beta) => beta.replace(/[^a-z0-9.-]/g, '').slice(0, 60));
  return { headers: kept.length > 0 ? { ...others, [HEADER]: kept.join(',') } : others, dropped };
}
