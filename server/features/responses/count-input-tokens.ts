import type { InputTokens, InputTokensRequest } from '../../../contracts/responses/compaction.ts';
import type { Caller } from '../access/caller.ts';
import { countPrompt } from '../chat/count-prompt.ts';
import { readPrompt } from './open-response.ts';
import { prepareRequest, type ResponseDeps, toChat } from './prepare-request.ts';

/** `POST /v1/responses/input_tokens`: how long the prompt of such a response would be. Nothing is stored or paid for. */
export async function countInputTokens(
  deps: ResponseDeps,
  request: InputTokensRequest,
  caller: Caller,
): Promise<InputTokens> {
  const asked = { ...request, store: false };
  const prepared = await prepareRequest(deps, asked, caller.principal);
  const prompt = await readPrompt(deps, asked, prepared, caller.principal);
  const { model, surface } = prepared;
  const input_tokens = await countPrompt(deps, { model, request: toChat(prepared, prompt), surface }, caller);
  return { object: 'response.input_tokens', input_tokens };
}
