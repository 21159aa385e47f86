import type { CreatedKey, CreateKeyRequest } from '../../contracts/keys/key.ts';
import type { Gateway } from './start-gateway.ts';

/** Makes a key by the administrator's bearer. */
export async function createKey(
  { call }: Pick<Gateway, 'call'>,
  fields: Partial<CreateKeyRequest> = {},
): Promise<CreatedKey> {
  const response = await call('POST', '/api/keys', { name: 'test', ...fields });
  if (response.status !== 200) throw new Error(await response.text());
  return response.json();
}
