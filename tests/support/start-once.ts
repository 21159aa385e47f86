import type { CreatedKey } from '../../contracts/keys/key.ts';
import { connectTrpc, type TrpcConnection } from './connect-trpc.ts';
import { type AccountsGateway, startAccounts } from './start-accounts.ts';

/** What one owner has paid for. */
interface Bill {
  /** The amounts that its wallet was charged, in micro-USD. */
  readonly charges: readonly number[];
  /** The outcomes of its usage rows. */
  readonly rows: readonly string[];
}

export interface Customer {
  readonly key: CreatedKey;
  /** A POST with an idempotency key; null: with none. */
  post(path: string, idempotencyKey: string | null, body: object): Promise<Response>;
  bill(): Promise<Bill>;
  /** tRPC over a websocket of its own. */
  connect(): TrpcConnection;
}

export interface OnceGateway extends AccountsGateway {
  /** A key of a new owner with so much in its wallet, in USD; default 1. */
  customer(credit?: number): Promise<Customer>;
}

/** Whether the gateway has given an answer that it had made before. */
export const isReplayed = (response: Response): boolean => response.headers.get('x-gateway-replayed') === 'true';

/** A gateway with prices, where it is seen how often an answer was asked for and paid. */
export async function startOnce(env: Record<string, string> = {}): Promise<OnceGateway> {
  const gateway = await startAccounts(env);
  const sockets: { close(): Promise<void> }[] = [];
  return {
    ...gateway,
    async customer(credit = 1) {
      const key = await gateway.createKey({ credit_usd: credit });
      const call = gateway.as(key);
      return {
        key,
        post: (path, idempotencyKey, body) =>
          call('POST', path, body, idempotencyKey === null ? {} : { 'idempotency-key': idempotencyKey }),
        async bill() {
          await gateway.store.usage.flush();
          const entries = await (await gateway.call('GET', `/api/wallets/${key.owner}/entries?limit=100`)).json();
          const usage = await (await call('GET', '/api/usage/requests?limit=100')).json();
          return {
            charges: entries.items
              .filter(({ kind }: { kind: string }) => kind === 'charge')
              .map(({ amount_usd }: { amount_usd: number }) => Math.round(-amount_usd * 1e6)),
            rows: usage.items.map(({ outcome }: { outcome: string }) => outcome),
          };
        },
        connect() {
          const opened = connectTrpc(gateway, { apiKey: key.key });
          sockets.push(opened);
          return opened;
        },
      };
    },
    async close() {
      await Promise.all(sockets.map((socket) => socket.close()));
      await gateway.close();
    },
  };
}

/** An event of any stream, as far as the tests look. */
interface StreamEvent {
  readonly choices?: readonly { readonly delta: { readonly content?: unknown } }[];
  readonly gateway?: { readonly replayed?: true };
}

/** Everything that a subscription gives, with the ids of its events. */
export function collect(
  subscribe: (handlers: {
    onData: (event: { id: string; data: StreamEvent }) => void;
    onError: (error: unknown) => void;
    onComplete: () => void;
  }) => unknown,
): Promise<{ ids: string[]; events: StreamEvent[] }> {
  return new Promise((resolve, reject) => {
    const ids: string[] = [];
    const events: StreamEvent[] = [];
    subscribe({
      onData({ id, data }) {
        ids.push(id);
        events.push(data);
      },
      onError: reject,
      onComplete: () => resolve({ ids, events }),
    });
  });
}
