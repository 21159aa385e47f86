import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { Modality } from '../contracts/models/model.ts';
import { presetNames, presets } from './providers/presets.ts';

/** A preset brings the address, the variable of the key and the quirks; what the entry says itself wins. */
const OpenAiCompatibleEntry = z
  .strictObject({
    kind: z.literal('openai-compatible'),
    preset: z.enum(presetNames).optional(),
    base_url: z.url({ protocol: /^https?$/ }).optional(),
    api_key_env: z.string().optional(),
    /** Sent with every request, such as OpenRouter's `HTTP-Referer` and `X-Title`. */
    headers: z.record(z.string().regex(/^[\w-]+$/), z.string().regex(/^[\x20-\x7e]*$/)).optional(),
    /** Until the first byte of an answer. */
    first_byte_seconds: z.number().positive().optional(),
    /** Between two pieces of an answer. */
    idle_seconds: z.number().positive().optional(),
  })
  .transform((entry, ctx) => {
    const preset = entry.preset && presets[entry.preset];
    const base_url = entry.base_url ?? preset?.baseUrl;
    // A vendor's key goes to the vendor alone; for another address it must be named.
    const keyKnown = entry.base_url === undefined || preset?.baseUrl.startsWith('http:');
    const api_key_env = entry.api_key_env ?? (keyKnown ? preset?.apiKeyEnv : undefined);
    if (base_url !== undefined) return { ...entry, base_url, api_key_env };
    ctx.addIssue({ code: 'custom', path: ['base_url'], message: 'give a base_url, or a preset' });
    return z.NEVER;
  });

const KnownEntry = z.discriminatedUnion('kind', [
  OpenAiCompatibleEntry,
  z.strictObject({ kind: z.literal('embedded'), model_path: z.string().optional() }),
]);

/** A preset says the kind. */
const ProviderEntry = z.preprocess((entry: unknown) => {
  const named = typeof entry === 'object' && entry !== null && 'preset' in entry && !('kind' in entry);
  return named ? { kind: 'openai-compatible', ...entry } : entry;
}, KnownEntry);
export type ProviderEntry = z.infer<typeof ProviderEntry>;

const BackendEntry = z.union([
  z.strictObject({ provider: z.string(), model: z.string() }),
  z.strictObject({ alias: z.string() }),
]);

const ModelEntry = z.strictObject({
  alias: z.string().min(1),
  family: z.string().optional(),
  license: z.string().optional(),
  context_window: z.int().positive().optional(),
  input: z.array(Modality).default(['text']),
  output: z.array(Modality).default(['text']),
  tools: z.boolean().default(true),
  reasoning: z.boolean().default(false),
  constraints: z
    .strictObject({
      min_max_tokens: z.int().positive().optional(),
      typical_response_seconds: z.number().positive().optional(),
    })
    .default({}),
  backends: z.array(BackendEntry).min(1),
});
export type ModelEntry = z.infer<typeof ModelEntry>;

const ModelsFile = z
  .strictObject({ providers: z.record(z.string(), ProviderEntry), models: z.array(ModelEntry) })
  .superRefine((file, ctx) => {
    const aliases = new Set<string>();
    for (const [i, model] of file.models.entries()) {
      if (aliases.has(model.alias)) {
        ctx.addIssue({ code: 'custom', path: ['models', i, 'alias'], message: `"${model.alias}" is defined twice` });
      }
      aliases.add(model.alias);
    }
    for (const [i, model] of file.models.entries()) {
      for (const [j, backend] of model.backends.entries()) {
        const at = ['models', i, 'backends', j];
        if ('provider' in backend && !(backend.provider in file.providers)) {
          ctx.addIssue({ code: 'custom', path: [...at, 'provider'], message: `no provider "${backend.provider}"` });
        }
        if ('alias' in backend && (backend.alias === model.alias || !aliases.has(backend.alias))) {
          ctx.addIssue({ code: 'custom', path: [...at, 'alias'], message: `no other model "${backend.alias}"` });
        }
      }
    }
  });
export type ModelsFile = z.infer<typeof ModelsFile>;

export class ModelsFileError extends Error {}

/** The deepest issue, with its whole path: a union reports the branch that got furthest. */
function flatten(issue: z.core.$ZodIssue, base: readonly PropertyKey[] = []): { path: PropertyKey[]; message: string } {
  const path = [...base, ...issue.path];
  const inner = issue.code === 'invalid_union' ? issue.errors.flat().filter((i) => i.code !== 'invalid_union') : [];
  const deepest = inner.toSorted((a, b) => b.path.length - a.path.length)[0];
  return deepest && deepest.path.length > 0 ? flatten(deepest, path) : { path, message: issue.message };
}

/** Parses and checks a models file; `name` is for the messages. Throws `ModelsFileError` with the line of each mistake. */
export function parseModelsFile(text: string, name: string): ModelsFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const [fault] = document.errors;
  if (fault) throw new ModelsFileError(`${name}:${lines.linePos(fault.pos[0]).line}: ${fault.message.split('\n')[0]}`);
  const parsed = ModelsFile.safeParse(document.toJS());
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map((issue) => {
    const { path, message } = flatten(issue);
    return `${name}:${lineOf(path)}: ${path.map(String).join('.') || 'the file'}: ${message}`;
  });
  throw new ModelsFileError(faults.join('\n'));

  /** A missing key has no place of its own: its nearest parent tells. */
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

export function readModelsFile(path: string): ModelsFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ModelsFileError(`MODELS_FILE: cannot read ${path}`, { cause });
  }
  return parseModelsFile(text, path);
}
