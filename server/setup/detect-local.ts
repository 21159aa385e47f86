import { z } from 'zod';
import { MAX_SMALL_ANSWER } from '../providers/http/limits.ts';
import { UpstreamClient } from '../providers/http/upstream-client.ts';
import type { PresetName } from '../providers/presets.ts';
import { type Abilities, askAbilities } from './ask-abilities.ts';

/** A model that a local server offers. */
interface LocalModel extends Abilities {
  /** The name for clients. */
  readonly name: string;
  /** The name at the server. */
  readonly id: string;
}

/** A model server that answers on this machine. */
export interface LocalServer {
  /** The id of the server, such as `ollama`. */
  readonly id: string;
  /** The preset with what is known about this kind of server. */
  readonly preset: PresetName;
  readonly baseUrl: string;
  readonly models: readonly LocalModel[];
}

interface Candidate {
  readonly id: string;
  readonly preset: PresetName;
  readonly port: number;
}

/** The default ports of the usual local servers. */
const CANDIDATES: readonly Candidate[] = [
  { id: 'ollama', preset: 'ollama', port: 11434 },
  { id: 'llama-cpp', preset: 'llamacpp', port: 8080 },
  { id: 'vllm', preset: 'vllm', port: 8000 },
  { id: 'lm-studio', preset: 'lmstudio', port: 1234 },
];

const PROBE_MS = 400;
/** How long a server may take to tell about its models, in ms. */
const ASK_MS = 2_000;

const ModelList = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });

/**
 * Matches the path of a model file. A server that was started with a path uses it as the model's name:
 * `/models/qwen3.gguf`, `C:\\models\\qwen3.gguf`.
 */
const PATH = /^([/~]|\.{1,2}[\\/]|[A-Za-z]:[\\/])|[\\/].*\.gguf$/i;

/** A model's name for clients: of a path, the name of the file. */
const nameOf = (id: string): string => (PATH.test(id) ? (id.split(/[\\/]/).findLast((part) => part !== '') ?? id) : id);

function named(ids: readonly string[]): Map<string, string> {
  const names = ids.map(nameOf);
  const isAlone = (name: string) => names.indexOf(name) === names.lastIndexOf(name);
  return new Map(ids.map((id) => [id, isAlone(nameOf(id)) ? nameOf(id) : id]));
}

async function probe({ id, preset, port }: Candidate, host: string): Promise<LocalServer | null> {
  const origin = `http://${host}:${port}`;
  const baseUrl = `${origin}/v1`;
  const client = new UpstreamClient({ baseUrl, apiKey: undefined, firstByteMs: PROBE_MS, idleMs: PROBE_MS }, {});
  try {
    const { status, body } = await client.get('/models', AbortSignal.timeout(PROBE_MS)).collect(MAX_SMALL_ANSWER);
    const listed = ModelList.safeParse(JSON.parse(body.toString('utf8')));
    if (status !== 200 || !listed.success || listed.data.data.length === 0) return null;
    const { data } = listed.data;
    const names = named(data.map((model) => model.id));
    const abilities = await askAbilities(preset, origin, data, ASK_MS);
    const models = data.map((model) => ({
      ...abilities.get(model.id),
      name: names.get(model.id) ?? model.id,
      id: model.id,
    }));
    return { id, preset, baseUrl, models };
  } catch {
    return null;
  } finally {
    await client.close();
  }
}

/** Looks for model servers on the loopback address only, and not on our own port. */
export async function detectLocalServers(
  ownPort: number,
  candidates: readonly Candidate[] = CANDIDATES,
): Promise<LocalServer[]> {
  const found = await Promise.all(
    candidates
      .filter(({ port }) => port !== ownPort)
      .map(async (candidate) => (await probe(candidate, '127.0.0.1')) ?? (await probe(candidate, '[::1]'))),
  );
  return found.filter((server) => server !== null);
}
