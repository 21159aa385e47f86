import type { ClientToken, CreateClientTokenRequest } from '../../../contracts/keys/client-token.ts';
import { newTokenId } from '../../canonical/token-id.ts';
import { AppError } from '../../errors/app-error.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { Principal } from '../access/caller.ts';
import type { ClientTokens } from '../access/client-tokens.ts';
import type { Origins } from '../access/origins.ts';
import { MAX_TOKEN_LENGTH } from '../access/sign-token.ts';
import { toMicro } from '../metering/micro-usd.ts';
import type { CurrentCatalog } from '../models/live-catalog.ts';

const DEFAULT_MINUTES = 15;
const MINUTE_MS = 60_000;

export interface ClientTokenDeps {
  readonly tokens: Pick<ClientTokens, 'issue'>;
  readonly origins: Pick<Origins, 'isCommon'>;
  readonly catalog: CurrentCatalog;
}

/** Refuses models and origins that the key may not use: requests with the token would fail later without a clear reason. */
function checkScope(deps: ClientTokenDeps, { models, origins }: CreateClientTokenRequest, principal: Principal): void {
  const catalog = deps.catalog.for(principal);
  for (const [i, alias] of (models ?? []).entries()) {
    if (!catalog.has(alias)) throw invalidField(`models[${i}]`, `There is no model '${alias}' for this key.`);
  }
  for (const [i, origin] of (origins ?? []).entries()) {
    if (principal.origins ? principal.origins.has(origin) : deps.origins.isCommon(origin)) continue;
    const message =
      'Pages of this origin may not use the key. Add it to the cors_origins of the key, or to CORS_ORIGINS.';
    throw invalidField(`origins[${i}]`, message);
  }
}

const revoked = () => new AppError('invalid_authorization', 'The key was revoked.', { param: 'Authorization' });

const tooLong = () =>
  invalidField(
    'models',
    `The token would have more than ${MAX_TOKEN_LENGTH} characters. Name fewer models or origins.`,
  );

/** `POST /api/client-tokens` */
export function createClientToken(
  deps: ClientTokenDeps,
  request: CreateClientTokenRequest,
  principal: Principal,
): ClientToken {
  const { keyId } = principal;
  if (keyId === null) {
    throw new AppError(
      'permission_denied',
      "A client token belongs to a key. Create a key with POST /api/keys, and send it instead of the administrator's bearer.",
    );
  }
  checkScope(deps, request, principal);
  const { user_id, models = null, origins = null, budget_usd = null, minutes } = request;
  const expiresAt = new Date(Date.now() + (minutes ?? DEFAULT_MINUTES) * MINUTE_MS);
  const id = newTokenId(expiresAt);
  const budget = budget_usd === null ? null : toMicro(budget_usd);
  const token = deps.tokens.issue(keyId, { id, userId: user_id, models, origins, budget, expiresAt });
  if (token === null) throw revoked();
  if (token.length > MAX_TOKEN_LENGTH) throw tooLong();
  return { token, id, user_id, models, origins, budget_usd, expires_at: expiresAt.toISOString() };
}
