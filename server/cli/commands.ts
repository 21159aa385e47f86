import type { ParseArgsConfig } from 'node:util';
import { GatewayInfo } from '../../contracts/models/model.ts';

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

/** An option of a command, and the field of the request that it sets. */
interface Option {
  readonly field: string;
  readonly type: 'text' | 'number' | 'list' | 'boolean';
  readonly help: string;
}

/** One row of a table, by column. */
export type Row = Readonly<Record<string, unknown>>;

/** One call of the gateway. */
export interface Command {
  readonly method: Method;
  /** `{name}` stands for a word after the command. */
  readonly path: string;
  readonly help: string;
  readonly options?: Readonly<Record<string, Option>>;
  /** Fields that every call has. */
  readonly fixed?: Readonly<Record<string, string>>;
  /** The columns of the table that is printed; absent: everything, line by line. */
  readonly columns?: readonly string[];
  /** The rows of the table, where they are not the `items` of the answer. */
  readonly rows?: (answer: unknown) => readonly Row[];
}

const text = (field: string, help: string): Option => ({ field, type: 'text', help });
const number = (field: string, help: string): Option => ({ field, type: 'number', help });
const list = (field: string, help: string): Option => ({ field, type: 'list', help });

const keyOptions = {
  name: text('name', 'What it is for'),
  group: text('group', 'A group of the models file'),
  models: list('models', 'Aliases, with commas between them'),
  ips: list('ip_ranges', 'Addresses and ranges, with commas between them'),
  origins: list('cors_origins', 'Web origins whose pages may use the key, with commas between them'),
  expires: text('expires_at', 'A time, such as 2027-01-01T00:00:00Z'),
  rpm: number('requests_per_minute', 'Requests a minute'),
  tpm: number('tokens_per_minute', 'Tokens a minute'),
  concurrent: number('concurrent_requests', 'Requests at once'),
  'daily-budget': number('daily_budget_usd', 'USD a day'),
  'monthly-budget': number('monthly_budget_usd', 'USD a month'),
};

const page = {
  limit: number('limit', 'How many; default: 100'),
  offset: number('offset', 'How many to skip'),
};

const filter = {
  from: text('from', 'A time or a day, inclusive; default: 30 days ago'),
  to: text('to', 'A time or a day, exclusive'),
  key: text('key_id', 'Of one key, by its id'),
  owner: text('owner', 'Of one owner'),
  group: text('group', 'Of one group'),
  model: text('model', 'Of one alias'),
  csv: { field: 'format', type: 'boolean', help: 'As CSV' },
} satisfies Record<string, Option>;

const sums = ['requests', 'failed', 'prompt_tokens', 'completion_tokens', 'cost_usd'];

/** Models with what an operator looks for first: who answers, and whether anybody does. */
const modelRows = (answer: unknown): Row[] =>
  GatewayInfo.parse(answer).models.map(({ backends, endpoints, ...model }) => ({
    ...model,
    endpoints: endpoints.join(','),
    backends: backends.map(({ provider, model: name, state }) => `${provider}/${name} (${state})`).join(', '),
  }));

/** Everything that the command line can do: each is one operation of the OpenAPI document. */
export const commands: Readonly<Record<string, Command>> = {
  'keys create': {
    method: 'POST',
    path: '/api/keys',
    help: 'Create a key; its secret is shown only now',
    options: {
      ...keyOptions,
      owner: text('owner', 'Whose wallet pays; default: the key itself'),
      budget: number('credit_usd', "USD put into the owner's wallet"),
    },
    fixed: { name: 'made by the command line' },
  },
  'keys list': {
    method: 'GET',
    path: '/api/keys',
    help: 'List the keys, newest first',
    options: { owner: text('owner', 'Of one owner'), ...page },
    columns: ['id', 'prefix', 'name', 'owner', 'group', 'enabled', 'expires_at', 'revoked_at'],
  },
  'keys show': { method: 'GET', path: '/api/keys/{key_id}', help: 'Show a key' },
  'keys update': {
    method: 'PATCH',
    path: '/api/keys/{key_id}',
    help: 'Change a key; "none" removes a limit',
    options: { ...keyOptions, enabled: text('enabled', 'true or false') },
  },
  'keys rotate': { method: 'POST', path: '/api/keys/{key_id}/rotate', help: 'Give a key a new secret' },
  'keys revoke': { method: 'DELETE', path: '/api/keys/{key_id}', help: 'Revoke a key at once; this cannot be undone' },
  'wallets list': {
    method: 'GET',
    path: '/api/wallets',
    help: 'List the wallets',
    options: page,
    columns: ['owner', 'balance_usd', 'held_usd'],
  },
  'wallets show': { method: 'GET', path: '/api/wallets/{owner}', help: 'Show a wallet' },
  'wallets entries': {
    method: 'GET',
    path: '/api/wallets/{owner}/entries',
    help: 'List the ledger of a wallet, newest first',
    options: page,
    columns: ['id', 'at', 'kind', 'amount_usd', 'author', 'reason', 'key_id'],
  },
  'wallets post': {
    method: 'POST',
    path: '/api/wallets/{owner}/entries',
    help: 'Top a wallet up, or correct it with a negative amount (--amount=-5)',
    options: { amount: number('amount_usd', 'USD'), reason: text('reason', 'What for') },
  },
  'users list': {
    method: 'GET',
    path: '/api/wallets/{owner}/users',
    help: 'List the budgets of the end users of an owner',
    options: page,
    columns: [
      'user_id',
      'daily_budget_usd',
      'monthly_budget_usd',
      'daily_tokens',
      'monthly_tokens',
      'spent_today_usd',
      'tokens_today',
    ],
  },
  'users show': {
    method: 'GET',
    path: '/api/wallets/{owner}/users/{user_id}',
    help: 'Show the budget of an end user, and how much is used',
  },
  'users set': {
    method: 'POST',
    path: '/api/wallets/{owner}/users',
    help: 'Set the budget of an end user; --user=* for end users without a budget of their own',
    options: {
      user: text('user_id', 'The end user, as requests name it'),
      'daily-budget': number('daily_budget_usd', 'USD a day'),
      'monthly-budget': number('monthly_budget_usd', 'USD a month'),
      'daily-tokens': number('daily_tokens', 'Tokens a day'),
      'monthly-tokens': number('monthly_tokens', 'Tokens a month'),
    },
  },
  'users remove': {
    method: 'DELETE',
    path: '/api/wallets/{owner}/users/{user_id}',
    help: 'Remove the budget of an end user',
  },
  usage: {
    method: 'GET',
    path: '/api/usage',
    help: 'Sum up usage',
    options: {
      ...filter,
      bucket: text('bucket', 'hour, day, month or all'),
      by: text('by', 'Such as model,key_id'),
    },
    columns: ['start', 'model', 'provider', 'operation', 'outcome', 'key_id', 'key_name', 'owner', 'group', ...sums],
  },
  'usage requests': {
    method: 'GET',
    path: '/api/usage/requests',
    help: 'List requests with their usage, newest first',
    options: { ...filter, ...page },
    columns: [
      'at',
      'operation',
      'model',
      'key_id',
      'key_name',
      'outcome',
      'prompt_tokens',
      'completion_tokens',
      'cost_usd',
    ],
  },
  models: {
    method: 'GET',
    path: '/v1/info',
    help: 'List the models, their backends and the state of each',
    columns: ['alias', 'available', 'context_window', 'endpoints', 'backends'],
    rows: modelRows,
  },
  audit: {
    method: 'GET',
    path: '/api/audit',
    help: 'List what administrators changed, newest first',
    options: page,
    columns: ['at', 'actor', 'action', 'subject', 'details'],
  },
  reload: { method: 'POST', path: '/api/reload', help: 'Reload the models file' },
  status: { method: 'GET', path: '/api/status', help: 'Version and uptime' },
};

/** For `parseArgs` of Node. */
export const toParseOptions = ({ options = {} }: Command): NonNullable<ParseArgsConfig['options']> => ({
  json: { type: 'boolean' },
  ...Object.fromEntries(
    Object.entries(options).map(([name, { type }]) => [name, { type: type === 'boolean' ? type : 'string' } as const]),
  ),
});
