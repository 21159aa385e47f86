import { existsSync } from 'node:fs';
import type { EngineInfo, EngineOptions } from './engine-protocol.ts';
import { loadBinding, type NativeContext } from './llama-binding.ts';

export interface LoadedModel {
  readonly context: NativeContext;
  readonly info: EngineInfo;
  /** A second, small context over the same (memory-mapped) weights. */
  openSpare(): Promise<NativeContext>;
}

const largestDefaultContext = 8192;
const promptBatch = 512;
/** llama.cpp rounds the window of a sequence up to this. */
const contextStep = 256;
/** Below this a model is a demo, and its second-best token is usually nonsense. */
const demoParameters = 10_000_000;
/** llama.cpp's own default. */
const usualTemperature = 0.8;

/** Loads the weights; blocks this process for as long as that takes. Throws an Error for people. */
export async function loadModel(options: EngineOptions): Promise<LoadedModel> {
  if (!existsSync(options.modelPath)) throw new Error('there is no such file');
  const binding = loadBinding(options.variant);
  const metadata = await readMetadata(binding, options.modelPath);
  const contextSize = options.contextSize ?? Math.min(declaredContext(metadata), largestDefaultContext);
  const gpu = options.variant === 'default' ? {} : { lib_variant: options.variant, n_gpu_layers: 999 };
  const common = { model: options.modelPath, n_threads: options.threads, ctx_shift: false };

  const { ctx: context } = await binding.loadModel({
    ...common,
    ...gpu,
    n_ctx: Math.ceil(contextSize / contextStep) * contextStep * options.slots,
    n_parallel: options.slots,
    n_batch: promptBatch,
  });
  context.enableParallelMode({ n_parallel: options.slots, n_batch: promptBatch });

  const declared = Number(metadata['general.sampling.temp']);
  const demo = context.getModelInfo().nParams < demoParameters;
  return {
    context,
    info: {
      name: String(metadata['general.name'] ?? 'unnamed'),
      contextSize,
      temperature: Number.isFinite(declared) ? declared : demo ? 0 : usualTemperature,
    },
    async openSpare() {
      const small = { n_ctx: contextStep, n_batch: 32, n_ubatch: 32, n_parallel: 1, no_extra_bufts: true };
      // `devices` left alone, no layer leaves the CPU: the spare must not cost graphics memory.
      return (await binding.loadModel({ ...common, ...gpu, ...small, n_gpu_layers: 0 })).ctx;
    },
  };
}

async function readMetadata(
  binding: ReturnType<typeof loadBinding>,
  path: string,
): Promise<Readonly<Record<string, unknown>>> {
  const metadata = await binding.loadLlamaModelInfo(path).catch(() => ({}));
  if (!('general.architecture' in metadata)) throw new Error('it is not a GGUF file');
  return metadata;
}

function declaredContext(metadata: Readonly<Record<string, unknown>>): number {
  const declared = Number(metadata[`${metadata['general.architecture']}.context_length`]);
  return declared > 0 ? declared : largestDefaultContext;
}
