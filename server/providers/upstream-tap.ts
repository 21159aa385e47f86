import type { IncomingHttpHeaders } from 'node:http';

/** A request as it goes to an upstream, without the headers that may hold a key. */
export interface TappedRequest {
  readonly method: string;
  /** Origin and path; no query. */
  readonly url: string;
  /** Null: there is none, or it is an upload that is sent while it arrives. */
  readonly body: Buffer | null;
}

/** Receives an answer, piece by piece. */
export interface TappedAnswer {
  head(status: number, headers: IncomingHttpHeaders): void;
  piece(bytes: Buffer): void;
  /** Called once. `failure` is why the answer broke off, if it did. */
  end(failure?: Error): void;
}

/** Watches what goes to an upstream and what comes back, for traces and logs. It changes nothing of either. */
export interface UpstreamTap {
  /** Sent beside the upstream's own headers, such as `traceparent`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Called with each request just before it is sent. The returned object is called with the answer. Absent: nobody watches. */
  sending?(request: TappedRequest): TappedAnswer;
}
