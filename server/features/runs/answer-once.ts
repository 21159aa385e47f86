import { hash } from 'node:crypto';
import { AppError } from '../../errors/app-error.ts';
import type { Claim, ClaimStore } from '../../store/interface/claims.ts';
import type { RunRow } from '../../store/interface/runs.ts';
import type { Caller } from '../access/caller.ts';
import type { FollowDeps } from './follow-run.ts';
import { hashRequest } from './hash-request.ts';
import { type KeyParam, readIdempotencyKey } from './idempotency-key.ts';

/** How often a request looks its claim up, when the answer that it waited for was taken back. */
const MAX_LOOKS = 5;

export interface OnceDeps extends FollowDeps {
  readonly claims: ClaimStore;
  /** How long a key is kept. */
  readonly keyMs: number;
  /** The largest answer that is kept for a retry alone. */
  readonly maxKeptBytes: number;
}

/** An idempotency key as the client sent it. */
export interface SentKey {
  readonly text: string;
  readonly param: KeyParam;
}

/** A request that may be a retry. */
export interface AskedOnce {
  /** The name of the operation, such as `c1.chat`. Equal keys of different operations are different keys. */
  readonly operation: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly caller: Caller;
  /** The idempotency key; undefined: every request gets an answer of its own. */
  readonly key: SentKey | undefined;
}

/** A stream that a subscriber may resume. */
export interface AskedStream extends AskedOnce {
  /** The number of the last event that the subscriber has; -1: it has none. */
  readonly after: number;
}

/** The ways to an answer. */
export interface Ways<Answer> {
  /** Makes it. The caller has the claim, which is to be taken with the run. */
  make(caller: Caller): Answer;
  /** Gives what another request asked for, to its end. Throws what the run failed with. */
  replay(run: RunRow, caller: Caller): Answer;
}

type Keyed<Asked extends AskedOnce> = Asked & { readonly key: SentKey };

/** Names what is asked for once. The owner is part of it, and the end user of a client token: keys of two never meet. */
async function claimOf({ keyMs }: OnceDeps, { operation, request, caller, key }: Keyed<AskedOnce>): Promise<Claim> {
  const name = readIdempotencyKey(key.text, key.param);
  const { owner, token } = caller.principal;
  const scope = JSON.stringify([owner, operation, name, ...(token ? [token.userId] : [])]);
  return {
    id: hash('sha256', scope, 'hex'),
    hash: await hashRequest(request),
    since: new Date(Date.now() - keyMs),
  };
}

const mismatch = ({ param }: SentKey) => new AppError('idempotency_mismatch', undefined, { param });

/** Failures after which the claim is looked up again: another request was faster, or the followed run came to nothing. */
const LOOK_AGAIN: ReadonlySet<string> = new Set(['idempotency_in_progress', 'run_not_found']);

const isLookedAgain = (error: unknown, looks: number): boolean =>
  error instanceof AppError && LOOK_AGAIN.has(error.code) && looks < MAX_LOOKS;

async function* answersOnce<Piece>(
  deps: OnceDeps,
  asked: Keyed<AskedStream>,
  ways: Ways<AsyncGenerator<Piece, void, void>>,
): AsyncGenerator<Piece, void, void> {
  const { caller, key, after } = asked;
  const claim = await claimOf(deps, asked);
  for (let looks = 1; ; looks++) {
    const found = await deps.claims.find(claim);
    if (found && found.hash !== claim.hash) throw mismatch(key);
    // A stream that never began cannot be resumed.
    if (!found && after >= 0) throw new AppError('stream_not_resumable', undefined, { param: 'lastEventId' });
    if (found) caller.setHeader('x-gateway-replayed', 'true');
    let isBegun = false;
    try {
      const answer = found ? ways.replay(found.run, caller) : ways.make({ ...caller, claim });
      for await (const piece of answer) {
        isBegun = true;
        yield piece;
      }
      return;
    } catch (error) {
      if (isBegun || !isLookedAgain(error, looks)) throw error;
      caller.setHeader('x-gateway-replayed', null);
    }
  }
}

/** A stream that is made once for each key, and otherwise replayed or followed. Without a key it is just made. */
export function streamOnce<Piece>(
  deps: OnceDeps,
  { key, ...asked }: AskedStream,
  ways: Ways<AsyncGenerator<Piece, void, void>>,
): AsyncGenerator<Piece, void, void> {
  return key ? answersOnce(deps, { ...asked, key }, ways) : ways.make(asked.caller);
}

async function* asPiece<Answer>(answer: Promise<Answer>): AsyncGenerator<Answer, void, void> {
  yield await answer;
}

/** Answers a request with an idempotency key once, with a complete answer. */
export async function createOnce<Answer>(
  deps: OnceDeps,
  { key, ...asked }: AskedOnce,
  ways: Ways<Promise<Answer>>,
): Promise<Answer> {
  if (!key) return ways.make(asked.caller);
  const answers = answersOnce<Answer>(
    deps,
    { ...asked, key, after: -1 },
    {
      make: (caller) => asPiece(ways.make(caller)),
      replay: (run, caller) => asPiece(ways.replay(run, caller)),
    },
  );
  for await (const answer of answers) return answer;
  throw new AppError('client_disconnected');
}
