import type { InputItem, OutputItem } from '../../../../contracts/responses/item.ts';
import type { ResponseRequest } from '../../../../contracts/responses/request.ts';
import { AppError } from '../../../errors/app-error.ts';
import type { Reader, ResponseStore } from '../../../store/interface/responses.ts';
import type { SecretStore } from '../../../store/interface/secrets.ts';
import type { Principal } from '../../access/caller.ts';
import { messageIdOf, responseIdOf, stemOf } from '../answer/item-ids.ts';
import { isCompaction, readCompaction } from '../compaction/read-compaction.ts';
import { readOutput, toItems } from '../stored-items.ts';
import type { PlacedItem } from './to-messages.ts';

/** The stores in which the items are found that an input refers to. */
export interface InputSources {
  readonly responses: ResponseStore;
  readonly secrets: SecretStore;
}

/** The stored items of which one has this id. */
async function siblingsOf(store: ResponseStore, id: string, reader: Reader): Promise<OutputItem[]> {
  const stem = stemOf(id);
  if (stem === null) return [];
  const response = await store.find(responseIdOf(stem), reader);
  if (response?.output) return readOutput(response.output);
  const message = await store.message(messageIdOf(stem), reader);
  return message ? toItems(message) : [];
}

const isBareReasoning = ({ type, encrypted_content: signature }: InputItem) => type === 'reasoning' && !signature;

/**
 * The items of the input, with what they refer to, and what compactions hold, in their place. Throws
 * `response_not_found` and `invalid_field`.
 */
export async function resolveInput(
  { responses, secrets }: InputSources,
  { input, user }: Pick<ResponseRequest, 'input' | 'user'>,
  principal: Principal,
): Promise<PlacedItem[]> {
  const reader = { owner: principal.owner, userId: user ?? null };
  if (input === undefined) return [];
  if (typeof input === 'string') return [{ item: { role: 'user', content: input }, at: 'input' }];
  return Promise.all(
    input.map(async (item, i): Promise<PlacedItem> => {
      const at = `input[${i}]`;
      if (isCompaction(item)) return { item: await readCompaction(secrets, item, at, principal), at };
      const referred = item.type === 'item_reference';
      if (!referred && !isBareReasoning(item)) return { item, at };
      const { id } = item;
      if (referred && !id) throw new AppError('missing_field', undefined, { param: `${at}.id` });
      const found = id ? (await siblingsOf(responses, id, reader)).find((sibling) => sibling.id === id) : undefined;
      if (found) return { item: toInput(found), at };
      if (!referred) return { item, at };
      throw new AppError('response_not_found', `There is no stored item '${id}'.`, { param: `${at}.id` });
    }),
  );
}

/** An item that was given out, as it may come in. */
export const toInput = ({ role, ...item }: OutputItem): InputItem => ({
  ...item,
  ...(role === 'system' || role === 'developer' || role === 'user' || role === 'assistant' ? { role } : {}),
});
