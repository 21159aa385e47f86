import type { Attempt } from '../../features/access/attempt.ts';
import type { AskedBackend, Facts, RequestWatch } from '../../features/access/request-watch.ts';
import type { WatchedRequest } from '../../features/metering/run-metered.ts';
import type { UpstreamTap } from '../../providers/upstream-tap.ts';
import type { Log } from '../log.ts';
import type { Watcher } from '../watch-requests.ts';
import { logUpstream } from './upstream-tap.ts';

export interface DecisionLogOptions {
  /** Whether requests to upstreams and their answers are logged. */
  readonly upstream: boolean;
  /** Whether these lines hold the content of messages. */
  readonly content: boolean;
}

/** One line for each decision about a request: at `debug` what was decided and why, at `trace` what went upstream. */
export class DecisionLog implements Watcher {
  readonly #log: Log;
  readonly #options: DecisionLogOptions;

  constructor(log: Log, options: DecisionLogOptions) {
    this.#log = log;
    this.#options = options;
  }

  watch(request: WatchedRequest): RequestWatch {
    return new RequestDecisions(this.#log, request, this.#options);
  }
}

class RequestDecisions implements RequestWatch {
  readonly #log: Log;
  readonly #options: DecisionLogOptions;
  readonly #reqId: string;
  #backend = '';

  constructor(log: Log, { operation, job, conversationId = null }: WatchedRequest, options: DecisionLogOptions) {
    const { caller, model, backends } = job;
    this.#log = log;
    this.#options = options;
    this.#reqId = caller.requestId;
    this.decided('the request is let in', {
      op: operation,
      model: model.mappedTo ?? model.alias,
      ...(model.mappedTo === null ? {} : { askedModel: model.alias }),
      ...(caller.principal.keyId === null ? {} : { key: caller.principal.keyId }),
      ...(conversationId === null ? {} : { conversationId }),
      backends: backends.map(({ name }) => name),
      // The backends that cannot do what the request asks for.
      leftOut: model.backends.filter((backend) => !backends.includes(backend)).map(({ name }) => name),
    });
  }

  decided(what: string, why: Facts): void {
    this.#log.debug({ reqId: this.#reqId, ...why }, what);
  }

  attempting({ name }: AskedBackend): UpstreamTap | undefined {
    this.#backend = name;
    this.decided('a backend is asked', { backend: name });
    if (!this.#options.upstream) return undefined;
    const facts = { reqId: this.#reqId, backend: name };
    const tell = (fields: object, message: string) => this.#log.trace({ ...facts, ...fields }, message);
    return logUpstream(tell, this.#options.content);
  }

  attempted(attempt: Attempt | null): void {
    if (attempt === null) return;
    const { ms, outcome, failure } = attempt;
    if (failure === null) this.decided('the backend answers', { backend: this.#backend, ms });
    else this.decided('the backend failed', { backend: this.#backend, ms, code: outcome });
  }

  ended(): void {}
}
