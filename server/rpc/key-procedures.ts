import {
  ApiKey,
  CreatedKey,
  CreateKeyRequest,
  KeyList,
  KeyRef,
  ListKeysRequest,
  UpdateKeyRequest,
} from '../../contracts/keys/key.ts';
import { OwnKey } from '../../contracts/keys/own-key.ts';
import { Self } from '../../contracts/keys/self.ts';
import { describeSelf, type SelfDeps } from '../features/keys/describe-self.ts';
import {
  createKey,
  getKey,
  type KeyDeps,
  listKeys,
  revokeKey,
  rotateKey,
  updateKey,
} from '../features/keys/manage-keys.ts';
import { showOwnKey } from '../features/keys/show-own-key.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.keys`, for the administrator; `me` is for every key. */
export const keyProcedures = (deps: KeyDeps) => ({
  create: procedure
    .meta(describeAccounts('POST', '/api/keys', 'Create a key'))
    .input(CreateKeyRequest)
    .output(answers(CreatedKey))
    .mutation(({ ctx, input }) => createKey(deps, input, ctx.caller.principal)),
  list: procedure
    .meta(describeAccounts('GET', '/api/keys', 'List the keys'))
    .input(ListKeysRequest)
    .output(answers(KeyList))
    .query(({ ctx, input }) => listKeys(deps, input, ctx.caller.principal)),
  me: procedure
    .meta(describeAccounts('GET', '/api/keys/me', 'Show the key that asks'))
    .output(answers(OwnKey))
    .query(({ ctx }) => showOwnKey(deps.store, ctx.caller.principal)),
  get: procedure
    .meta(describeAccounts('GET', '/api/keys/{key_id}', 'Get a key'))
    .input(KeyRef)
    .output(answers(ApiKey))
    .query(({ ctx, input }) => getKey(deps, input, ctx.caller.principal)),
  update: procedure
    .meta(describeAccounts('PATCH', '/api/keys/{key_id}', 'Change a key'))
    .input(UpdateKeyRequest)
    .output(answers(ApiKey))
    .mutation(({ ctx, input }) => updateKey(deps, input, ctx.caller.principal)),
  rotate: procedure
    .meta(describeAccounts('POST', '/api/keys/{key_id}/rotate', 'Give a key a new secret'))
    .input(KeyRef)
    .output(answers(CreatedKey))
    .mutation(({ ctx, input }) => rotateKey(deps, input, ctx.caller.principal)),
  revoke: procedure
    .meta(describeAccounts('DELETE', '/api/keys/{key_id}', 'Revoke a key'))
    .input(KeyRef)
    .output(answers(ApiKey))
    .mutation(({ ctx, input }) => revokeKey(deps, input, ctx.caller.principal)),
});

/** `api.self`, for every key. */
export const selfProcedure = (deps: SelfDeps) =>
  procedure
    .meta(describeAccounts('GET', '/api/self', 'Show the key of this request, its limits and its balance'))
    .output(answers(Self))
    .query(({ ctx }) => describeSelf(deps, ctx.caller.principal));
