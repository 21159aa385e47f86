import type { ChildProcess } from 'node:child_process';
import { AppError } from '../../errors/app-error.ts';
import type { EngineInfo, EngineOptions, FromEngine, GenerationRequest, ToEngine } from './engine-protocol.ts';
import { EventBuffer } from './event-buffer.ts';
import { spawnEngine } from './spawn-engine.ts';

type Answering = EventBuffer & { onEnd?: () => void; isCancelled?: boolean };

interface Life {
  readonly child: ChildProcess;
  readonly ready: Promise<EngineInfo>;
  readonly running: Map<number, Answering>;
}

/** How long an aborted generation may take to stop, in ms. */
const PATIENCE_MS = 2_000;

/** A generation that was handed to the engine. */
export interface Running {
  readonly events: EventBuffer;
  cancel(): void;
  /** Resolves when the engine has freed the slot, however the generation ended. Never rejects. */
  readonly ended: Promise<void>;
}

/** Controls the process that runs llama.cpp: it is started early, and again after it has died. */
export class Engine {
  readonly #options: EngineOptions;
  readonly #patienceMs: number;
  #life: Life | undefined;
  #info: EngineInfo | undefined;
  #problem: string | undefined;
  #closed = false;
  #nextId = 1;

  constructor(options: EngineOptions, patienceMs = PATIENCE_MS) {
    this.#options = options;
    this.#patienceMs = patienceMs;
  }

  /** What the engine said about the model; undefined until it is loaded. */
  get info(): EngineInfo | undefined {
    return this.#info;
  }

  /** Why the model is not loaded; undefined when there is no failure. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Resolves when the model is loaded. Starts the process when it does not run. Throws `upstream_unavailable`. */
  ready(): Promise<EngineInfo> {
    if (this.#closed) return Promise.reject(new AppError('service_unavailable', 'The embedded engine is closed.'));
    this.#life ??= this.#start();
    return this.#life.ready;
  }

  /** Starts a generation. Call `ready()` before. */
  generate(request: Omit<GenerationRequest, 'id'>): Running {
    const life = this.#life;
    const events: Answering = new EventBuffer();
    if (life === undefined) {
      events.fail(died());
      return { events, cancel() {}, ended: Promise.resolve() };
    }
    const id = this.#nextId++;
    const ended = new Promise<void>((resolve) => {
      events.onEnd = resolve;
    });
    life.running.set(id, events);
    hold(life.child, true);
    post(life.child, { type: 'generate', request: { ...request, id } });
    return {
      events,
      ended,
      cancel: () => {
        if (!life.running.has(id) || events.isCancelled) return;
        events.isCancelled = true;
        post(life.child, { type: 'cancel', id });
        this.#expectEnd(life, id);
      },
    };
  }

  /**
   * Replaces the process when an aborted generation does not stop in time. The binding only stops between two tokens,
   * and reads a long prompt before the first token, which takes minutes with a large model. The process is only
   * replaced when nothing else runs in it; that takes as long as mapping the weights again.
   */
  #expectEnd(life: Life, id: number): void {
    const look = () => {
      if (!life.running.has(id)) return;
      if ([...life.running.values()].every(({ isCancelled }) => isCancelled)) this.#replace(life);
      else this.#expectEnd(life, id);
    };
    setTimeout(look, this.#patienceMs).unref();
  }

  #replace(life: Life): void {
    if (this.#life === life && !this.#closed) this.#life = this.#start();
    life.child.kill('SIGKILL');
  }

  /** Ends the process when its generations have ended. Cancel them first. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#life) await endProcess(this.#life.child);
  }

  /** Ends the process when nothing runs in it. The next `ready()` starts one again. */
  rest(): void {
    const life = this.#life;
    if (life === undefined || life.running.size > 0) return;
    this.#life = undefined;
    this.#info = undefined;
    void endProcess(life.child);
  }

  /** Records that the process is gone. */
  #forget(refuse: () => void): void {
    if (this.#info === undefined && this.#problem === undefined) refuse();
    else if (this.#info !== undefined && !this.#closed) this.#problem = 'The embedded engine died.';
    this.#life = undefined;
    this.#info = undefined;
  }

  #start(): Life {
    this.#problem = undefined;
    const child = spawnEngine();
    const running: Life['running'] = new Map();
    const ready = new Promise<EngineInfo>((resolve, reject) => {
      const refuse = (reason: string, advice = ''): void => {
        // Only the log has the path, for the operator; clients get the reason alone.
        const cause = new Error(`cannot load ${this.#options.modelPath}: ${reason}`);
        this.#problem = `The embedded model could not be loaded. ${advice}`.trimEnd();
        reject(new AppError('upstream_unavailable', this.#problem, { cause }));
      };
      child.on('message', (message: FromEngine) => {
        if (message.type === 'ready') {
          this.#info = message.info;
          this.#problem = undefined;
          hold(child, running.size > 0);
          resolve(message.info);
        } else if (message.type === 'failed') {
          refuse(message.reason, message.advice);
          child.kill('SIGKILL');
        } else {
          deliver(life, message.events);
        }
      });
      child.on('error', (error) => refuse(error.message));
      child.on('exit', () => {
        // After `ready` has been resolved, this has no effect; the next request starts a new process.
        if (this.#life === life) this.#forget(() => refuse('its process ended'));
        reject(died());
        for (const events of running.values()) {
          events.fail(died());
          events.onEnd?.();
        }
        running.clear();
      });
    });
    // Nobody may be waiting yet. Whoever waits later sees the failure.
    ready.catch(() => {});
    const life: Life = { child, ready, running };
    post(child, { type: 'load', options: this.#options });
    return life;
  }
}

/** Asks the process to end, and kills it when it does not. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  hold(child, true);
  post(child, { type: 'close' });
  const impatience = setTimeout(() => child.kill('SIGKILL'), 5000);
  await exited;
  clearTimeout(impatience);
}

function died(): AppError {
  return new AppError('upstream_broken', 'The embedded engine died; it is started again with the next request.');
}

function deliver(life: Life, events: Extract<FromEngine, { type: 'events' }>['events']): void {
  for (const event of events) {
    const buffer = life.running.get(event.id);
    buffer?.push(event);
    if (event.type !== 'end' && event.type !== 'error') continue;
    life.running.delete(event.id);
    buffer?.onEnd?.();
  }
  if (life.running.size === 0) hold(life.child, false);
}

/** Whether the process keeps the gateway alive: an idle engine must not, when the gateway has nothing else to do. */
function hold(child: ChildProcess, awake: boolean): void {
  if (awake) child.ref();
  else child.unref();
  if (awake) child.channel?.ref();
  else child.channel?.unref();
}

function post(child: ChildProcess, message: ToEngine): void {
  // A process that is gone is reported by `exit`.
  if (child.connected) child.send(message, () => {});
}
