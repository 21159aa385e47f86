import { z } from 'zod';
import { presetNames } from '../../providers/presets.ts';
import { ImportError } from '../import-error.ts';
import type { Imported } from '../imported.ts';
import { keySourceOf } from '../key-source.ts';
import { faultOfAddress, ProviderDrafts, type ProviderTarget } from '../provider-drafts.ts';
import { readYaml } from '../read-yaml.ts';
import { writeModelsFile } from '../write-models-file.ts';

const ProviderSection = z.looseObject({
  name: z.string().min(1),
  api_base_url: z.string().min(1),
  api_key: z.string().nullish(),
  models: z.array(z.string().min(1)),
  transformer: z.looseObject({ use: z.array(z.unknown()).optional() }).nullish(),
});
type ProviderSection = z.infer<typeof ProviderSection>;

/** https://github.com/musistudio/claude-code-router, "Configuration" */
const Config = z.looseObject({
  Providers: z.array(ProviderSection).min(1),
  Router: z.looseObject({}).nullish(),
});

const VARIABLE_PREFIX = /^\$\{?/;

/** The model names of Claude Code, with the route that answers each. The first matching pattern applies. */
const patterns = [
  ['background', ['claude-haiku-*', 'claude-3-5-haiku-*']],
  ['default', ['claude-*']],
] as const;

const transformersOf = ({ transformer }: ProviderSection): string[] =>
  (transformer?.use ?? []).flatMap((one) => {
    const name: unknown = Array.isArray(one) ? one[0] : one;
    return typeof name === 'string' ? [name] : [];
  });

/**
 * The provider of a section. The addresses include the path of the operation; a transformer shows when the API is not
 * OpenAI's.
 */
function targetOf(section: ProviderSection): ProviderTarget {
  const used = transformersOf(section).map((name) => name.toLowerCase());
  const base_url = section.api_base_url.replace(/\/+$/, '').replace(/\/(chat\/completions|messages|models)$/, '');
  if (used.includes('gemini')) return { kind: 'gemini', base_url };
  if (used.includes('anthropic')) return { kind: 'anthropic', base_url };
  const preset = presetNames.find((name) => name === section.name);
  return preset ? { preset, base_url } : { kind: 'openai-compatible', base_url };
}

/** A string, or a comment, of JSON with comments. */
const STRING_OR_COMMENT = /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;

/** claude-code-router reads JSON5, and its examples have comments. Lines keep their numbers. */
const withoutComments = (text: string): string =>
  text.replaceAll(STRING_OR_COMMENT, (found) => (found.startsWith('"') ? found : found.replaceAll(/[^\n]/g, ' ')));

function readConfig(text: string, name: string) {
  const parsed = Config.safeParse(readYaml(withoutComments(text), name));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ImportError(
    `${name}: ${issue?.path.map(String).join('.') || 'the file'}: ${issue?.message}. Name the config.json of claude-code-router.`,
  );
}

type Sections = readonly ProviderSection[];
type ModelDraft = {
  readonly alias: string;
  readonly backends: readonly { readonly provider: string; readonly model: string }[];
};

/** Reads the models of all sections. `aliases` gets their aliases by `provider,model`, the form that routes use. */
function readModels(
  sections: Sections,
  drafts: ProviderDrafts,
  aliases: Map<string, string>,
  notes: string[],
): ModelDraft[] {
  const keys = sections.map(({ api_key }) => keySourceOf(api_key, VARIABLE_PREFIX));
  return sections.flatMap((section, i) => {
    const place = `Providers.${i} (${section.name})`;
    const fault = faultOfAddress(section.api_base_url);
    if (fault !== null) {
      notes.push(`${place}: left out, because ${fault}.`);
      return [];
    }
    if (section.transformer) {
      notes.push(`${place}.transformer: not converted. Duplex translates by the kind of the provider.`);
    }
    const provider = drafts.add(section.name, targetOf(section), keys[i] ?? { from: 'nowhere' });
    return [...new Set(section.models)].map((model) => {
      const isTaken = [...aliases.values()].includes(model);
      const alias = isTaken ? `${provider}/${model}` : model;
      if (isTaken) notes.push(`${place}: its model "${model}" is called "${alias}", because the name is taken.`);
      aliases.set(`${section.name},${model}`, alias);
      return { alias, backends: [{ provider, model }] };
    });
  });
}

/** Reads which alias answers each of Claude Code's model names. */
function readRoutes(router: object, aliases: ReadonlyMap<string, string>, notes: string[]): Record<string, string> {
  const routes = new Map<string, unknown>(Object.entries(router));
  const map: Record<string, string> = {};
  for (const [route, names] of patterns) {
    const wanted = routes.get(route);
    const alias = typeof wanted === 'string' ? aliases.get(wanted) : undefined;
    if (alias !== undefined) for (const pattern of names) map[pattern] = alias;
    else if (wanted !== undefined) {
      notes.push(`Router.${route}: left out, because it names no model that was converted.`);
    }
    routes.delete(route);
  }
  for (const route of routes.keys()) {
    notes.push(`Router.${route}: not converted. Duplex chooses by the name of the model alone.`);
  }
  return map;
}

/** What to do about fields that are no part of a models file. */
const advice: Readonly<Record<string, string>> = {
  APIKEY: 'Set API_BEARER to this key, so that Claude Code needs no other.',
  HOST: 'Set HOST in the environment.',
  PORT: 'Set PORT in the environment.',
  LOG: 'Set LOG_LEVEL in the environment.',
  LOG_LEVEL: 'Set LOG_LEVEL in the environment.',
  API_TIMEOUT_MS: 'Set timeouts.total_seconds of a model.',
  PROXY_URL: 'Duplex connects to providers directly. Set the base_url of a provider to reach it in another way.',
  CUSTOM_ROUTER_PATH: 'Duplex does not run your code. Use model_map to choose the alias for a name.',
};

const noteOther = (field: string): string =>
  `${field}: not converted. ${advice[field] ?? 'Duplex has no such setting in its models file.'}`;

const TEXT_ALONE =
  'The file does not say which models take images, so all models accept only text. Add `input: [text, image]` to models that accept images.';

/**
 * Reads the configuration of claude-code-router. `name` is the name of the file, for messages. Throws `ImportError`.
 */
export function importClaudeCodeRouter(text: string, name: string): Imported {
  const { Providers: sections, Router: router, ...others } = readConfig(text, name);
  const notes: string[] = [];
  const aliases = new Map<string, string>();
  const drafts = new ProviderDrafts(
    sections.flatMap(({ api_key }) => {
      const key = keySourceOf(api_key, VARIABLE_PREFIX);
      return key.from === 'variable' ? [key.variable] : [];
    }),
  );
  const models = readModels(sections, drafts, aliases, notes);
  if (models.length === 0) throw new ImportError(`${name}: No provider can be converted. ${notes[0] ?? ''}`);
  const model_map = readRoutes(router ?? {}, aliases, notes);
  notes.push(...Object.keys(others).map(noteOther), TEXT_ALONE);
  const file = writeModelsFile({ providers: drafts.entries, models, model_map }, "claude-code-router's config.json");
  return { text: file, notes: [...drafts.notes, ...notes] };
}
