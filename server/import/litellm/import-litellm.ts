import { ImportError } from '../import-error.ts';
import type { Imported } from '../imported.ts';
import { keySourceOf } from '../key-source.ts';
import { ProviderDrafts } from '../provider-drafts.ts';
import { readYaml } from '../read-yaml.ts';
import { writeModelsFile } from '../write-models-file.ts';
import { composeModel, isKnownMode, modeOf, type ReadDeployment } from './compose-model.ts';
import { type Config, readConfig } from './config.ts';
import { noteDeployment, noteSettings } from './note-settings.ts';
import { readDeployment, VARIABLE_PREFIX } from './read-deployment.ts';
import { readFallbacks } from './read-fallbacks.ts';

/** The entries of `model_list` by name. `note` receives what is left out. */
function readGroups(config: Config, drafts: ProviderDrafts, note: (line: string) => void) {
  const groups = new Map<string, ReadDeployment[]>();
  for (const [i, deployment] of config.model_list.entries()) {
    const { model_name: alias, model_info: info } = deployment;
    const place = `model_list.${i} (${alias})`;
    if (info?.mode && !isKnownMode(info.mode)) {
      note(`${place}: left out, because Duplex has no endpoint for the mode "${info.mode}".`);
      continue;
    }
    const backend = readDeployment(deployment, drafts);
    if (typeof backend === 'string') {
      note(`${place}: left out, because ${backend}.`);
      continue;
    }
    for (const line of noteDeployment(deployment, place)) note(line);
    groups.set(alias, [...(groups.get(alias) ?? []), { deployment, backend }]);
  }
  return groups;
}

function readAliases({ router_settings: router }: Config, aliases: ReadonlySet<string>, note: (line: string) => void) {
  const map: Record<string, string> = {};
  for (const [name, entry] of Object.entries(router?.model_group_alias ?? {})) {
    const place = `router_settings.model_group_alias.${name}`;
    const model = typeof entry === 'string' ? entry : entry.model;
    if (!aliases.has(model)) note(`${place}: left out, because "${model}" is not a model that was converted.`);
    else if (name === '' || name.includes('*')) note(`${place}: left out, because the name is empty or holds \`*\`.`);
    else {
      map[name] = model;
      if (typeof entry === 'string' || entry.hidden !== true)
        note(`${place}: it is served, but /v1/models does not list it.`);
    }
  }
  return map;
}

const variablesOf = ({ model_list }: Config): string[] =>
  model_list.flatMap(({ litellm_params: { api_key } }) => {
    const key = keySourceOf(api_key, VARIABLE_PREFIX);
    return key.from === 'variable' ? [key.variable] : [];
  });

const modesOf = (group: readonly ReadDeployment[]) => group.map(({ deployment }) => modeOf(deployment));

/** Reads the configuration of LiteLLM's proxy. `name` is the name of the file, for messages. Throws `ImportError`. */
export function importLitellm(text: string, name: string): Imported {
  const config = readConfig(readYaml(text, name), name);
  const notes: string[] = [];
  const note = (line: string) => void notes.push(line);
  const drafts = new ProviderDrafts(variablesOf(config));
  const groups = readGroups(config, drafts, note);
  if (groups.size === 0) {
    throw new ImportError(`${name}: No entry of model_list can be converted. ${notes[0] ?? ''}`);
  }
  const aliases = new Set(groups.keys());
  const fallbacks = readFallbacks(config, aliases, note);
  const models = [...groups].map(([alias, group]) =>
    composeModel(alias, group, {
      routing: config.router_settings?.routing_strategy,
      dropParams: config.litellm_settings?.drop_params === true,
      fallbacks: backendsOf(fallbacks.chainOf(alias), { alias, mode: modesOf(group)[0] ?? 'chat' }),
    }),
  );

  /** The backends of fallbacks, without those that answer requests of another kind. */
  function backendsOf(names: readonly string[], { alias, mode }: { alias: string; mode: string }) {
    return names.flatMap((name) => {
      const group = groups.get(name) ?? [];
      if (modesOf(group).every((own) => own === mode)) return group.map(({ backend }) => backend);
      note(`"${alias}": its fallback "${name}" is not for ${mode}, so it is left out of the chain.`);
      return [];
    });
  }

  const model_map = readAliases(config, aliases, note);
  const textOnly = models.filter(({ input, endpoints }) => !input && !endpoints).map(({ alias }) => alias);
  if (textOnly.length > 0) {
    note(
      `The file does not say supports_vision of ${textOnly.join(', ')}, so they accept only text. Add image to input of models that accept images.`,
    );
  }
  const file = writeModelsFile({ providers: drafts.entries, models, model_map }, `LiteLLM's ${name.split('/').at(-1)}`);
  return { text: file, notes: [...drafts.notes, ...notes, ...noteSettings(config)] };
}
