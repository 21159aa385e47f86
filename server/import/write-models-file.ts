import { stringify } from 'yaml';
import { ModelsFileError, parseModelsFile } from '../setup/models-file.ts';
import { ImportError } from './import-error.ts';

/** A price as in the models file, in USD for a million tokens. */
export interface PriceDraft {
  input?: number;
  cached_input?: number;
  cache_write?: number;
  output?: number;
}

export interface BackendDraft {
  readonly provider: string;
  readonly model: string;
  readonly images?: 'api';
  readonly weight?: number;
  readonly price?: PriceDraft;
}

export interface ModelDraft {
  readonly alias: string;
  readonly context_window?: number;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly endpoints?: readonly string[];
  readonly tools?: false;
  readonly reasoning?: true;
  readonly unsupported?: 'drop';
  readonly strategy?: 'weighted' | 'least-busy';
  readonly backends: readonly BackendDraft[];
}

interface FileDraft {
  readonly providers: Readonly<Record<string, object>>;
  readonly models: readonly ModelDraft[];
  readonly model_map: Readonly<Record<string, string>>;
}

/** The text of a models file. It is checked in the same way as when the gateway reads it. Throws `ImportError`. */
export function writeModelsFile({ providers, models, model_map }: FileDraft, source: string): string {
  const used = { providers, models, ...(Object.keys(model_map).length > 0 ? { model_map } : {}) };
  const text = `# Made from ${source} by \`duplex import\`.\n${stringify(used, { aliasDuplicateObjects: false, lineWidth: 0 })}`;
  try {
    parseModelsFile(text, 'models.yaml');
  } catch (error) {
    if (!(error instanceof ModelsFileError)) throw error;
    const [first] = error.message.split('\n');
    throw new ImportError(
      `The models file would not be valid: ${first?.replace(/^models\.yaml:\d+: /, '')}. Correct this in the configuration, and import it again.`,
      { cause: error },
    );
  }
  return text;
}
