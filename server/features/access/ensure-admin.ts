import { AppError } from '../../errors/app-error.ts';
import type { Principal } from './caller.ts';

/** Throws `permission_denied` to a key that asks for what belongs to another owner. */
export function ensureOwner({ role, owner: own }: Principal, owner: string): void {
  if (role === 'admin' || own === owner) return;
  throw new AppError('permission_denied', 'A key can only read the wallet of its own owner.', { param: 'owner' });
}

/** Throws `permission_denied` unless the caller is the administrator. Returns the caller's name for audit rows. */
export function ensureAdmin({ role }: Principal): string {
  if (role === 'admin') return 'admin';
  throw new AppError('permission_denied', "This operation needs the administrator's bearer.", {
    param: 'Authorization',
  });
}
