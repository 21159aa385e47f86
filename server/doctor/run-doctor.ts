import { resolve } from 'node:path';
import type { Env } from '../env.ts';
import type { ProbedModel } from '../features/system/probe-model.ts';
import { createProvider, type ProviderSettings } from '../providers/registry.ts';
import type { ModelsFile } from '../setup/models-file.ts';
import { migrationsDir, packageFiles } from '../setup/package-root.ts';
import { toPrice } from '../setup/to-price.ts';
import { checkClock } from './check-clock.ts';
import { checkConfiguration } from './check-configuration.ts';
import { checkData } from './check-data.ts';
import { checkGateway } from './check-gateway.ts';
import { checkNames } from './check-names.ts';
import { checkProvider, modelsAt } from './check-provider.ts';
import { checkReceivers } from './check-receivers.ts';
import type { CheckedProvider } from './checked-provider.ts';
import type { Finding } from './finding.ts';
import { announce, notProbed, probeModels } from './probe-models.ts';

export interface DoctorOptions {
  /** Whether models may be asked, which costs tokens. */
  readonly probe: boolean;
  /** Receives the cost of the probe before it begins. */
  readonly onCost: (cost: string) => void;
}

function toChecked(file: ModelsFile, settings: Readonly<Record<string, ProviderSettings>>): CheckedProvider[] {
  return Object.entries(settings).flatMap(([id, one]) => {
    const entry = file.providers[id];
    // Only the gateway loads the embedded engine; its file was checked above.
    if (one.kind === 'embedded' || !entry || entry.kind === 'embedded') return [];
    const { api_key_file: keyFile, api_key_env: variable = null } = entry;
    const isSet = one.apiKey !== undefined;
    return [
      {
        provider: createProvider(id, one),
        baseUrl: one.baseUrl,
        keySource: keyFile ?? (isSet ? variable : null),
        unsetKey: isSet ? null : variable,
        models: modelsAt(id, file.models),
      },
    ];
  });
}

/** Each model of a provider once, with the first alias that offers it for chats. */
const toProbed = ({ models }: ModelsFile, providers: readonly CheckedProvider[]): ProbedModel[] =>
  providers.flatMap(({ provider, models: names }) =>
    names.flatMap((model) => {
      const entry = models.find(
        ({ endpoints, output, backends }) =>
          (endpoints?.includes('chat') ?? true) &&
          output.includes('text') &&
          backends.some((one) => 'provider' in one && one.provider === provider.id && one.model === model),
      );
      if (!entry) return [];
      const { alias, tools, price } = entry;
      return [{ provider, model, alias, tools, price: price ? toPrice(price) : null }];
    }),
  );

async function checkProviders(
  file: ModelsFile,
  providers: readonly CheckedProvider[],
  { probe, onCost }: DoctorOptions,
): Promise<Finding[]> {
  const asked = await Promise.all(providers.map(checkProvider));
  const findings = asked.flatMap(({ findings: found }) => found);
  const clock = checkClock(asked.flatMap(({ clock: reading }) => reading ?? []));
  const probed = toProbed(
    file,
    providers.filter((_one, place) => asked[place]?.isUp),
  );
  if (probed.length === 0) return [...findings, clock];
  if (!probe) return [...findings, clock, notProbed(probed)];
  onCost(announce(probed));
  return [...findings, clock, ...(await probeModels(probed))];
}

/** The variables that a models file names. */
const variablesOf = ({ providers }: ModelsFile): string[] =>
  Object.values(providers).flatMap((entry) => ('api_key_env' in entry ? (entry.api_key_env ?? []) : []));

/** Checks everything that a gateway with these settings needs. */
export async function runDoctor(env: Env, options: DoctorOptions): Promise<Finding[]> {
  const checked = checkConfiguration(env, packageFiles);
  const around = [
    ...(await checkData(env, migrationsDir)),
    ...(await checkGateway(env)),
    ...(await checkReceivers(env)),
  ];
  if (!('file' in checked)) return [...checked, ...around];
  const names = checkNames(resolve('.env'), variablesOf(checked.file));
  const providers = toChecked(checked.file, checked.settings);
  try {
    return [...checked.findings, ...names, ...around, ...(await checkProviders(checked.file, providers, options))];
  } finally {
    await Promise.all(providers.map(({ provider }) => provider.close()));
  }
}
