import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { EngineInfo, EngineOptions } from './engine-protocol.ts';
import { type LlamaBinding, loadBinding, type NativeContext } from './llama-binding.ts';

export interface LoadedModel {
  readonly info: EngineInfo;
  readonly slots: readonly NativeContext[];
  /** One more like those, for one that became unusable. */
  openSlot(): Promise<NativeContext>;
  /** A small one over the same (memory-mapped) weights. */
  openSpare(): Promise<NativeContext>;
}

const largestDefaultContext = 8192;
const promptBatch = 512;
/** llama.cpp rounds windows up to this. */
const contextStep = 256;
/** Below this a model is a demo, and its second-best token is usually nonsense. */
const demoParameters = 10_000_000;
/** llama.cpp's own default. */
const usualTemperature = 0.8;

/** Loads the weights; blocks this process for as long as that takes. Throws an Error for people. */
export async function loadModel(options: EngineOptions): Promise<LoadedModel> {
  const binding = loadBinding(options.variant);
  const metadata = await readMetadata(binding, options.modelPath);
  const contextSize = options.contextSize ?? Math.min(declaredContext(metadata), largestDefaultContext);
  const gpu = options.variant === 'default' ? {} : { lib_variant: options.variant, n_gpu_layers: 999 };
  // Several contexts share the mapped weights, unless each repacks them for itself.
  const shared = options.slots > 1 ? { no_extra_bufts: true } : {};
  const common = { model: options.modelPath, n_parallel: 1, n_threads: options.threads, ctx_shift: false, ...gpu };
  const window = Math.ceil(contextSize / contextStep) * contextStep;

  async function openSlot(): Promise<NativeContext> {
    return (await binding.loadModel({ ...common, ...shared, n_ctx: window, n_batch: promptBatch })).ctx;
  }
  async function openSpare(): Promise<NativeContext> {
    const small = { n_ctx: contextStep, n_batch: 32, n_ubatch: 32, no_extra_bufts: true };
    // No layer leaves the CPU: the spare must not cost graphics memory.
    return (await binding.loadModel({ ...common, ...small, n_gpu_layers: 0 })).ctx;
  }

  const first = await openSlot();
  const others: NativeContext[] = [];
  while (others.length < options.slots - 1) others.push(await openSlot());
  const temperature = Number(metadata['general.sampling.temp'] ?? Number.NaN);
  const { nParams, chatTemplates } = first.getModelInfo();
  const { defaultCaps, toolUseCaps } = chatTemplates.jinja;
  const isDemo = nParams < demoParameters;
  const fallback = isDemo ? 0 : usualTemperature;
  return {
    info: {
      contextSize,
      temperature: Number.isFinite(temperature) ? temperature : fallback,
      takesTools: defaultCaps.tools || toolUseCaps?.tools === true,
      isDemo,
    },
    slots: [first, ...others],
    openSlot,
    openSpare,
  };
}

async function readMetadata(binding: LlamaBinding, path: string): Promise<Readonly<Record<string, unknown>>> {
  if (!existsSync(path)) throw new Error('there is no such file');
  // The native reader ends the process over a file that is something else.
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close());
  if (buffer.toString('latin1') !== 'GGUF') throw new Error('it is not a GGUF file');
  return binding.loadLlamaModelInfo(path);
}

function declaredContext(metadata: Readonly<Record<string, unknown>>): number {
  const declared = Number(metadata[`${metadata['general.architecture']}.context_length`]);
  return declared > 0 ? declared : largestDefaultContext;
}
