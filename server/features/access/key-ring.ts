import { AppError } from '../../errors/app-error.ts';
import type { KeyRow, KeyStore } from '../../store/interface/keys.ts';
import type { UserBudgetStore } from '../../store/interface/user-budgets.ts';
import type { WalletStore } from '../../store/interface/wallets.ts';
import { Account } from './account.ts';
import type { Principal } from './caller.ts';
import { IpRanges } from './ip-ranges.ts';
import type { KeyGroup } from './key-group.ts';

/** How often the changes of other processes are asked for, in ms. */
const POLL_MS = 500;

const NOTHING: ReadonlySet<string> = new Set();

/** A key that was given out and not taken back. */
export interface HeldKey {
  readonly row: KeyRow;
  readonly principal: Principal;
  /** Null: from anywhere. */
  readonly ipRanges: IpRanges | null;
}

interface Entry extends HeldKey {
  readonly stop: AbortController;
}

export interface KeyRingDeps {
  readonly keys: KeyStore;
  readonly wallets: WalletStore;
  readonly userBudgets: Pick<UserBudgetStore, 'limits'>;
  readonly groups: ReadonlyMap<string, KeyGroup>;
  /** Called when the changes of other processes cannot be read. */
  readonly onError: (error: unknown) => void;
}

/**
 * Every key, in memory: whoever sends one is known without a look at the database. Changes by this process act at once,
 * those of other processes within a second.
 */
export class KeyRing {
  readonly #deps: KeyRingDeps;
  readonly #byHash = new Map<string, Entry>();
  readonly #byId = new Map<string, Entry>();
  readonly #accounts = new Map<string, Account>();
  readonly #timer: NodeJS.Timeout;
  #groups: ReadonlyMap<string, KeyGroup>;
  #revision = 0;
  /** The origins of all keys. */
  #origins: ReadonlySet<string> = new Set();
  #refreshing: Promise<void> = Promise.resolve();

  private constructor(deps: KeyRingDeps) {
    this.#deps = deps;
    this.#groups = deps.groups;
    this.#timer = setInterval(() => this.#poll(), POLL_MS).unref();
  }

  static async open(deps: KeyRingDeps): Promise<KeyRing> {
    const ring = new KeyRing(deps);
    await ring.refresh();
    return ring;
  }

  /** Finds a key by the SHA-256 of its secret, in hex. */
  find(hash: string): HeldKey | undefined {
    return this.#byHash.get(hash);
  }

  findById(keyId: string): HeldKey | undefined {
    return this.#byId.get(keyId);
  }

  /** Whether pages of this origin may use some key, by the key's own origins. */
  hasOrigin(origin: string): boolean {
    return this.#origins.has(origin);
  }

  /** Resolves when every change that was made before is known here. */
  refresh(): Promise<void> {
    this.#refreshing = this.#refreshing
      .catch(() => {})
      .then(async () => {
        const changed = await this.#deps.keys.changedSince(this.#revision);
        for (const row of changed) {
          this.#apply(row);
          this.#revision = row.revision;
        }
        if (changed.length > 0) this.#collectOrigins();
      });
    return this.#refreshing;
  }

  /** The groups of the models file have changed: what each key may do is worked out again. */
  regroup(groups: ReadonlyMap<string, KeyGroup>): void {
    this.#groups = groups;
    for (const { row } of [...this.#byId.values()]) this.#apply(row);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#refreshing.catch(() => {});
  }

  #polling = false;
  #failing = false;

  /** When a key expires, its open requests end as if the key were revoked. */
  #endExpired(): void {
    const now = Date.now();
    for (const { row, stop } of this.#byId.values()) {
      if (row.expiresAt === null || row.expiresAt.getTime() > now || stop.signal.aborted) continue;
      stop.abort(new AppError('invalid_authorization', 'The key has expired.', { param: 'Authorization' }));
    }
  }

  #poll(): void {
    this.#endExpired();
    if (this.#polling) return;
    this.#polling = true;
    this.refresh()
      .then(
        () => {
          this.#failing = false;
        },
        (error: unknown) => {
          if (!this.#failing) this.#deps.onError(error);
          this.#failing = true;
        },
      )
      .finally(() => {
        this.#polling = false;
      });
  }

  /** Looks at every key: call it once for all changes. */
  #collectOrigins(): void {
    this.#origins = new Set([...this.#byId.values()].flatMap(({ row }) => row.corsOrigins ?? []));
  }

  #apply(row: KeyRow): void {
    const before = this.#byId.get(row.id);
    if (before) this.#byHash.delete(before.row.hash);
    if (row.revokedAt !== null || !row.enabled) {
      const done = row.revokedAt === null ? 'disabled' : 'revoked';
      before?.stop.abort(new AppError('invalid_authorization', `The key was ${done}.`, { param: 'Authorization' }));
    }
    if (row.revokedAt !== null) {
      this.#byId.delete(row.id);
      this.#accounts.delete(row.id);
      return;
    }
    const entry = this.#toEntry(row, before);
    this.#byId.set(row.id, entry);
    this.#byHash.set(row.hash, entry);
  }

  #toEntry(row: KeyRow, before: Entry | undefined): Entry {
    const group = row.group === null ? { models: null, ratio: 1 } : this.#groups.get(row.group);
    const account = this.#accounts.get(row.id) ?? new Account(this.#deps, row);
    this.#accounts.set(row.id, account);
    account.update(row, group?.ratio ?? 1);
    const stop = before && !before.stop.signal.aborted ? before.stop : new AbortController();
    const principal: Principal = {
      keyHash: row.hash,
      role: 'key',
      keyId: row.id,
      keyName: row.name,
      owner: row.owner,
      group: row.group,
      // A group that the models file no longer has may use nothing.
      models: group ? intersect(group.models, row.models) : NOTHING,
      account,
      origins: row.corsOrigins && new Set(row.corsOrigins),
      token: null,
      revoked: stop.signal,
    };
    return { row, principal, ipRanges: row.ipRanges && new IpRanges(row.ipRanges), stop };
  }
}

function intersect(group: ReadonlySet<string> | null, own: readonly string[] | null): ReadonlySet<string> | null {
  if (own === null) return group;
  return new Set(group ? own.filter((alias) => group.has(alias)) : own);
}
