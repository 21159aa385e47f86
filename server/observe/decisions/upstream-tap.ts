import type { IncomingHttpHeaders } from 'node:http';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import { redact } from '../../providers/http/redact.ts';
import type { TappedAnswer, TappedRequest, UpstreamTap } from '../../providers/upstream-tap.ts';
import { showBody } from './show-body.ts';

type Tell = (fields: object, message: string) => void;

/** How much of an answer is kept for its log line, in bytes. */
const KEPT = 64 * 1024;

/** The headers of an answer that are logged: they hold no content. */
const TOLD = ['content-type', 'retry-after', 'x-request-id', 'request-id'];

const shownHeaders = (headers: IncomingHttpHeaders) =>
  Object.fromEntries(TOLD.flatMap((name) => (headers[name] === undefined ? [] : [[name, headers[name]]])));

/** Collects an answer, and logs its head and its end. */
class AnswerLog implements TappedAnswer {
  readonly #tell: Tell;
  readonly #content: boolean;
  readonly #sentAt = monotonicNow();
  readonly #pieces: Buffer[] = [];
  #bytes = 0;
  #contentType = '';
  #hasEnded = false;

  constructor(tell: Tell, content: boolean) {
    this.#tell = tell;
    this.#content = content;
  }

  head(status: number, headers: IncomingHttpHeaders): void {
    this.#contentType = headers['content-type'] ?? '';
    this.#tell({ status, headers: shownHeaders(headers), ms: this.#elapsed() }, 'the upstream answers');
  }

  piece(bytes: Buffer): void {
    if (this.#bytes < KEPT) this.#pieces.push(bytes.subarray(0, KEPT - this.#bytes));
    this.#bytes += bytes.length;
  }

  end(failure?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const facts = {
      bytes: this.#bytes,
      ms: this.#elapsed(),
      ...(failure ? { brokenOff: 'code' in failure ? failure.code : failure.constructor.name } : {}),
      body: showBody(Buffer.concat(this.#pieces), this.#contentType, this.#content),
    };
    this.#tell(facts, failure ? 'the answer of the upstream broke off' : 'the answer of the upstream has ended');
  }

  #elapsed(): number {
    return Math.round(monotonicNow() - this.#sentAt);
  }
}

/** Logs each request to an upstream, and its answer. */
export const logUpstream = (tell: Tell, content: boolean): UpstreamTap => ({
  headers: {},
  sending({ method, url, body }: TappedRequest): TappedAnswer {
    const shown = body === null ? '[an upload]' : showBody(body, 'application/json', content);
    tell({ method, url: redact(url), bytes: body?.length ?? null, body: shown }, 'a request goes upstream');
    return new AnswerLog(tell, content);
  },
});
