import { z } from 'zod';
import { MAX_SMALL_ANSWER } from '../providers/http/limits.ts';
import { UpstreamClient } from '../providers/http/upstream-client.ts';
import type { PresetName } from '../providers/presets.ts';

/** A model server that answers on this machine. */
export interface LocalServer {
  /** Such as `ollama`. */
  readonly id: string;
  /** What is known about its kind. */
  readonly preset: PresetName;
  readonly baseUrl: string;
  readonly models: readonly string[];
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

const ModelList = z.looseObject({ data: z.array(z.looseObject({ id: z.string() })) });

async function probe({ id, preset, port }: Candidate, host: string): Promise<LocalServer | null> {
  const baseUrl = `http://${host}:${port}/v1`;
  const client = new UpstreamClient({ baseUrl, apiKey: undefined, firstByteMs: PROBE_MS, idleMs: PROBE_MS }, {});
  try {
    const { status, body } = await client.get('/models', AbortSignal.timeout(PROBE_MS)).collect(MAX_SMALL_ANSWER);
    const listed = ModelList.safeParse(JSON.parse(body.toString('utf8')));
    if (status !== 200 || !listed.success || listed.data.data.length === 0) return null;
    return { id, preset, baseUrl, models: listed.data.data.map((model) => model.id) };
  } catch {
    return null;
  } finally {
    await client.close();
  }
}

/** Looks for model servers on the loopback address, never elsewhere and never at our own port. */
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
