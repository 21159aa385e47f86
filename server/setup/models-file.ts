import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { Endpoint, Modality } from '../../contracts/models/model.ts';
import type { ModelsFileFault } from '../../contracts/system/models-file.ts';
import { strategies } from '../features/models/catalog.ts';
import { explainIssue } from './explain-issue.ts';
import { didYouMean } from './nearest-name.ts';
import { ProviderEntry } from './provider-entry.ts';

const seconds = z.number().positive().optional();

/** An amount in USD: for a million tokens, for a picture that was made, or for a request that was answered. */
const amount = z.number().min(0).max(1_000_000);
const PriceEntry = z.strictObject({
  input: amount.default(0),
  /** The price of prompt tokens that the upstream had in its cache. Default: as `input`. */
  cached_input: amount.optional(),
  /** The price of prompt tokens that the upstream wrote into its cache for five minutes. Default: as `input`. */
  cache_write: amount.optional(),
  /** The price of prompt tokens that were cached for an hour. Default: as `cache_write`. */
  cache_write_1h: amount.optional(),
  output: amount.default(0),
  per_image: amount.default(0),
  per_request: amount.default(0),
});

const BackendEntry = z.union([
  z.strictObject({
    provider: z.string(),
    model: z.string(),
    /** How the backend makes pictures: in a chat (default), or at OpenAI's own endpoints for images. */
    images: z.enum(['chat', 'api']).default('chat'),
    /** The most embedding inputs that it takes in one request. Longer lists are split. */
    max_batch: z.int().positive().optional(),
    /** Its share of the requests, for strategies that share them out. */
    weight: z.number().positive().default(1),
    /** With affinity, how many requests it gets at once before others get some. */
    max_parallel: z.int().positive().default(8),
    /** The price when this backend answers. Default: that of the alias. */
    price: PriceEntry.optional(),
  }),
  z.strictObject({ alias: z.string() }),
]);

const MappedName = z
  .string()
  .min(1)
  .refine((name) => name.split('*').length <= 2, { error: 'a name may hold one `*`' });

/** Names that clients have built in, such as `claude-*`, and the alias that serves each. */
const ModelMapEntry = z.record(MappedName, z.string().min(1));

const GroupEntry = z.strictObject({
  /** The aliases that the group may use. Default: all. */
  models: z.array(z.string()).optional(),
  /** The factor by which prices are multiplied. */
  ratio: z.number().min(0).max(1_000).default(1),
  /** Overrides the model map for all. */
  model_map: ModelMapEntry.optional(),
});

const ModelEntry = z.strictObject({
  alias: z.string().min(1),
  family: z.string().optional(),
  license: z.string().optional(),
  context_window: z.int().positive().optional(),
  input: z.array(Modality).default(['text']),
  output: z.array(Modality).default(['text']),
  /** Default: chat, and completions where a backend has them. */
  endpoints: z.array(Endpoint).min(1).optional(),
  tools: z.boolean().default(true),
  reasoning: z.boolean().default(false),
  constraints: z
    .strictObject({
      min_max_tokens: z.int().positive().optional(),
      typical_response_seconds: z.number().positive().optional(),
    })
    .default({}),
  /**
   * Whether keys may use the vendor's own tools, files and routing fields, whose cost is not in the price of tokens.
   */
  hosted_tools: z.boolean().default(false),
  /** Fields of a request that keys may send beside those in the upstream's list; `a.b` is the field `b` of `a`. */
  allow_fields: z.array(z.string().regex(/^[^\s.]+(\.[^\s.]+)*$/, 'the name of a field')).default([]),
  /** The price of every backend that has none of its own. Default: it costs nothing. */
  price: PriceEntry.optional(),
  /**
   * What happens to fields that a backend's dialect does not support. `drop`: they are left out, and the response names
   * them.
   */
  unsupported: z.enum(['refuse', 'drop']).default('refuse'),
  strategy: z.enum(strategies).default('ordered'),
  /** Time limits of this model. Absent ones are the provider's. */
  timeouts: z
    .strictObject({
      first_token_seconds: seconds,
      idle_seconds: seconds,
      /** The limit of the whole request, with all attempts and waits. */
      total_seconds: seconds,
    })
    .default({}),
  backends: z.array(BackendEntry).min(1),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

/** Models that the gateway asks by itself. The key that sent the turn pays for it. */
const Helpers = {
  /** Writes the summaries of turns with `overflow: "summarize"`. */
  summaries: z
    .strictObject({
      model: z.string(),
      /** The longest summary. */
      max_tokens: z.int().positive().default(1_024),
      /** How long one request of a summary may take. After it the turn goes on without a new summary. */
      timeout_seconds: z.number().positive().max(600).default(60),
    })
    .optional(),
  /** Words the titles of conversations, after their first turns. */
  titles: z.strictObject({ model: z.string() }).optional(),
};

const ModelsFile = z
  .strictObject({
    ...Helpers,
    providers: z.record(z.string(), ProviderEntry),
    groups: z.record(z.string().min(1), GroupEntry).default({}),
    models: z.array(ModelEntry),
    model_map: ModelMapEntry.default({}),
  })
  .superRefine((file, ctx) => {
    const aliases = new Set<string>();
    for (const [i, model] of file.models.entries()) {
      if (aliases.has(model.alias)) {
        ctx.addIssue({ code: 'custom', path: ['models', i, 'alias'], message: `"${model.alias}" is defined twice` });
      }
      aliases.add(model.alias);
    }
    for (const name of ['summaries', 'titles'] as const) {
      const helper = file[name];
      if (!helper || aliases.has(helper.model)) continue;
      ctx.addIssue({ code: 'custom', path: [name, 'model'], message: `no model "${helper.model}"` });
    }
    for (const [i, model] of file.models.entries()) {
      for (const [j, backend] of model.backends.entries()) {
        const at = ['models', i, 'backends', j];
        if ('provider' in backend && !(backend.provider in file.providers)) {
          const hint = didYouMean(backend.provider, Object.keys(file.providers));
          const message = `no provider "${backend.provider}"${hint && `.${hint}`}`;
          ctx.addIssue({ code: 'custom', path: [...at, 'provider'], message });
        }
        if ('alias' in backend && (backend.alias === model.alias || !aliases.has(backend.alias))) {
          const others = [...aliases].filter((alias) => alias !== model.alias);
          const hint = didYouMean(backend.alias, others);
          const message = `no other model "${backend.alias}"${hint && `.${hint}`}`;
          ctx.addIssue({ code: 'custom', path: [...at, 'alias'], message });
        }
      }
    }
  });
export type ModelsFile = z.infer<typeof ModelsFile>;

/** The file has seconds, the code ms. */
export const toMs = (seconds: number | undefined) => (seconds === undefined ? undefined : seconds * 1000);

export class ModelsFileError extends Error {
  /** Where the mistakes are, when they are in the text. */
  readonly faults: readonly ModelsFileFault[];

  constructor(message: string, options: ErrorOptions & { faults?: readonly ModelsFileFault[] } = {}) {
    super(message, options);
    this.faults = options.faults ?? [];
  }
}

/** Parses and checks a models file; `name` is for the messages. Throws `ModelsFileError` with the line of each mistake. */
export function parseModelsFile(text: string, name: string): ModelsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors.map(({ pos, message }) => ({
    line: lines.linePos(pos[0]).line,
    field: null,
    // The parser's own message goes on with the place, and with a picture of the line.
    message: `${(message.split('\n')[0] ?? message).replace(/ at line \d+, column \d+:?$/, '')}.`,
  }));
  const [first] = broken;
  if (first) throw new ModelsFileError(`${name}:${first.line}: ${first.message}`, { faults: broken });
  const value: unknown = document.toJS();
  const parsed = ModelsFile.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues
    .flatMap((issue) => explainIssue(issue, { schema: ModelsFile, value }))
    .map(({ path, message }) => ({ line: lineOf(path), field: path.map(String).join('.') || null, message }));
  const told = faults.map(({ line, field, message }) => `${name}:${line}: ${field ?? 'the file'}: ${message}`);
  throw new ModelsFileError(told.join('\n'), { faults });

  /** The line of a field. A missing field has no line, so its nearest parent's line is reported. */
  function lineOf(path: readonly PropertyKey[]): number {
    for (let length = path.length; length > 0; length--) {
      const node = document.getIn(path.slice(0, length), true);
      if (isRanged(node)) return lines.linePos(node.range[0]).line;
    }
    return 1;
  }
}

function isRanged(node: unknown): node is { range: [number, number, number] } {
  return typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range);
}

/** The text of a models file. */
export function readModelsText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message.split(',')[0] : String(cause);
    throw new ModelsFileError(
      `MODELS_FILE: cannot read ${path}: ${reason}. Set MODELS_FILE to a file that the user of the gateway may read.`,
      { cause },
    );
  }
}

export const readModelsFile = (path: string): ModelsFile => parseModelsFile(readModelsText(path), path);
