import type {
  ApiKey,
  CreatedKey,
  CreateKeyRequest,
  KeyList,
  KeyRef,
  ListKeysRequest,
  UpdateKeyRequest,
} from '../../../contracts/keys/key.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { KeyFields, KeyRow } from '../../store/interface/keys.ts';
import type { Store } from '../../store/interface/store.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';
import { isRange } from '../access/ip-ranges.ts';
import { toMicro, toUsd } from '../metering/micro-usd.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';
import { makeSecret } from './make-secret.ts';
import { showKey, toKeyFields } from './show-key.ts';

export interface KeyDeps {
  readonly catalog: CurrentCatalog;
  readonly store: Pick<Store, 'keys' | 'wallets' | 'audit' | 'usage'>;
  /** Makes a change of the keys act in this process. */
  readonly ring: { refresh(): Promise<void> };
}

const DEFAULTS: Omit<KeyFields, 'name'> = {
  group: null,
  expiresAt: null,
  models: null,
  ipRanges: null,
  corsOrigins: null,
  enabled: true,
  requestsPerMinute: null,
  tokensPerMinute: null,
  concurrent: null,
  dailyBudget: null,
  monthlyBudget: null,
};

function checkFields({ catalog }: KeyDeps, { group, models, ip_ranges }: Omit<UpdateKeyRequest, 'key_id'>): void {
  if (group != null && !catalog.groups.has(group)) {
    const known = [...catalog.groups.keys()].join(', ') || 'none';
    throw invalidField('group', `The models file has no group '${group}' (it has: ${known}).`);
  }
  for (const [i, alias] of (models ?? []).entries()) {
    if (!catalog.has(alias)) {
      throw invalidField(`models[${i}]`, `There is no model '${alias}'.`);
    }
  }
  for (const [i, range] of (ip_ranges ?? []).entries()) {
    if (isRange(range)) continue;
    throw invalidField(`ip_ranges[${i}]`, 'Give an address, or a range such as 10.0.0.0/8.');
  }
}

function found(row: KeyRow | null): KeyRow {
  if (row) return row;
  throw new AppError('key_not_found', undefined, { param: 'key_id' });
}

/** `POST /api/keys` */
export async function createKey(deps: KeyDeps, request: CreateKeyRequest, principal: Principal): Promise<CreatedKey> {
  const actor = ensureAdmin(principal);
  checkFields(deps, request);
  const { owner = null, credit_usd, name, ...rest } = request;
  const { secret, ...kept } = makeSecret();
  const { keys, wallets, audit } = deps.store;
  const row = await keys.create({ ...DEFAULTS, ...toKeyFields(rest), name, ...kept, owner });
  await audit.record({ actor, action: 'keys.create', subject: row.id, details: { ...request, prefix: row.prefix } });
  if (credit_usd != null) {
    const reason = `credit of the new key ${row.id}`;
    await wallets.addEntry({ owner: row.owner, kind: 'top_up', amount: toMicro(credit_usd), author: actor, reason });
  }
  await deps.ring.refresh();
  return { ...showKey(row), key: secret };
}

/** `GET /api/keys` */
export async function listKeys(
  { store }: KeyDeps,
  { limit = 100, offset = 0, owner }: ListKeysRequest,
  principal: Principal,
): Promise<KeyList> {
  ensureAdmin(principal);
  const rows = await store.keys.list({ owner, limit, offset });
  await store.usage.flush();
  const use = await store.usage.ofKeys(
    rows.map(({ id }) => id),
    new Date(),
  );
  return {
    items: rows.map((row) => {
      const { lastUsedAt = null, spentThisMonth = 0 } = use.get(row.id) ?? {};
      return {
        ...showKey(row),
        last_used_at: lastUsedAt?.toISOString() ?? null,
        spent_month_usd: toUsd(spentThisMonth),
      };
    }),
  };
}

/** `GET /api/keys/{key_id}` */
export async function getKey({ store }: KeyDeps, { key_id }: KeyRef, principal: Principal): Promise<ApiKey> {
  ensureAdmin(principal);
  return showKey(found(await store.keys.find(key_id)));
}

/** `PATCH /api/keys/{key_id}` */
export async function updateKey(deps: KeyDeps, request: UpdateKeyRequest, principal: Principal): Promise<ApiKey> {
  const actor = ensureAdmin(principal);
  checkFields(deps, request);
  const { key_id, ...details } = request;
  const row = found(await deps.store.keys.update(key_id, toKeyFields(details)));
  await deps.ring.refresh();
  await deps.store.audit.record({ actor, action: 'keys.update', subject: key_id, details });
  return showKey(row);
}

/** `POST /api/keys/{key_id}/rotate`: makes a new secret. The old one is refused from now on; requests it started go on. */
export async function rotateKey(deps: KeyDeps, { key_id }: KeyRef, principal: Principal): Promise<CreatedKey> {
  const actor = ensureAdmin(principal);
  const { secret, ...kept } = makeSecret();
  const row = found(await deps.store.keys.update(key_id, kept));
  await deps.ring.refresh();
  await deps.store.audit.record({ actor, action: 'keys.rotate', subject: key_id, details: { prefix: row.prefix } });
  return { ...showKey(row), key: secret };
}

/** `DELETE /api/keys/{key_id}` takes effect at once, so open streams end too. It cannot be undone. */
export async function revokeKey(deps: KeyDeps, { key_id }: KeyRef, principal: Principal): Promise<ApiKey> {
  const actor = ensureAdmin(principal);
  const row = found(await deps.store.keys.revoke(key_id));
  await deps.ring.refresh();
  await deps.store.audit.record({ actor, action: 'keys.revoke', subject: key_id, details: {} });
  return showKey(row);
}
