import type { IncomingHttpHeaders } from 'node:http';

/** A request as it goes to an upstream, without the headers that may hold a key. */
export interface TappedRequest {
  readonly method: string;
  /** Origin and path; no query. */
  readonly url: string;
  /** Null: there is none, or it is an upload that is sent while it arrives. */
  readonly body: Buffer | null;
}

/** What is told of an answer, piece by piece. */
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
  /** Told of each request just before it is sent; what is returned is told of the answer. Absent: nobody looks. */
  sending?(request: TappedRequest): TappedAnswer;
}
