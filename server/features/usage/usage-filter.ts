import type { ListUsageRequest } from '../../../contracts/usage/usage.ts';
import { AppError } from '../../errors/app-error.ts';
import type { UsageFilter } from '../../store/interface/usage.ts';
import type { Principal } from '../access/caller.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 30;

type Asked = Omit<ListUsageRequest, 'limit' | 'offset' | 'conversation_id' | 'request_id'>;

/**
 * The administrator asks for anything, a key for its own requests alone. A visitor of the demo has no key of its own, and
 * sees the requests of the demo. Throws `permission_denied`.
 */
export function toFilter(asked: Asked, { role, keyId, owner: caller }: Principal): UsageFilter {
  const { key_id, group, model, provider, operation, outcome } = asked;
  if (role !== 'admin' && key_id !== undefined && key_id !== keyId) {
    throw new AppError('permission_denied', 'A key can only see its own requests.', { param: 'key_id' });
  }
  const to = asked.to === undefined ? new Date(Date.now() + 1) : new Date(asked.to);
  const from = asked.from === undefined ? new Date(to.getTime() - DEFAULT_DAYS * DAY_MS) : new Date(asked.from);
  const isVisitor = role !== 'admin' && keyId === null;
  const own = role === 'admin' ? key_id : (keyId ?? undefined);
  const owner = isVisitor ? (caller ?? '') : asked.owner;
  return { from, to, keyId: own, owner, group, alias: model, provider, operation, outcome };
}
