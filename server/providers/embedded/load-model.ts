import { existsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import type { EngineInfo, EngineOptions } from './engine-protocol.ts';
import { type LlamaBinding, loadBinding, type NativeContext } from './llama-binding.ts';

export interface LoadedModel {
  readonly info: EngineInfo;
  readonly slots: readonly NativeContext[];
  /** Opens another context like `slots`, to replace one that became unusable. */
  openSlot(): Promise<NativeContext>;
  /** Opens a small context over the same (memory-mapped) weights. */
  openSpare(): Promise<NativeContext>;
}

const largestDefaultContext = 8192;
const promptBatch = 512;
/** llama.cpp rounds context windows up to a multiple of this. */
const contextStep = 256;
/** A model with fewer parameters is a demo: its second-best token is usually nonsense. */
const demoParameters = 10_000_000;
/** llama.cpp's own default temperature. */
const usualTemperature = 0.8;

/** Loads the weights, and blocks this process while it does. Throws an Error whose message is for people. */
export async function loadModel(options: EngineOptions): Promise<LoadedModel> {
  const binding = loadBinding(options.variant);
  const metadata = await readMetadata(binding, options.modelPath);
  const contextSize = options.contextSize ?? Math.min(declaredContext(metadata), largestDefaultContext);
  const gpu = options.variant === 'default' ? {} : { lib_variant: options.variant, n_gpu_layers: 999 };
  // Contexts share the mapped weights only if none of them repacks the weights for itself.
  const shared = options.slots > 1 ? { no_extra_bufts: true } : {};
  const common = { model: options.modelPath, n_parallel: 1, n_threads: options.threads, ctx_shift: false, ...gpu };
  const window = Math.ceil(contextSize / contextStep) * contextStep;

  async function openSlot(): Promise<NativeContext> {
    return (await binding.loadModel({ ...common, ...shared, n_ctx: window, n_batch: promptBatch })).ctx;
  }
  async function openSpare(): Promise<NativeContext> {
    const small = { n_ctx: contextStep, n_batch: 32, n_ubatch: 32, no_extra_bufts: true };
    // No layer leaves the CPU, so that the spare context needs no graphics memory.
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
  // The native reader would end the process over a file of another format.
  const file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0).finally(() => file.close());
  if (buffer.toString('latin1') !== 'GGUF') throw new Error('it is not a GGUF file');
  return binding.loadLlamaModelInfo(path);
}

function declaredContext(metadata: Readonly<Record<string, unknown>>): number {
  const declared = Number(metadata[`${metadata['general.architecture']}.context_length`]);
  return declared > 0 ? declared : largestDefaultContext;
}
