import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import type { TextCompletion } from '../../../contracts/completions/text-completion.ts';
import type { EmbeddingResponse } from '../../../contracts/embeddings/embedding.ts';
import { isObject, Json } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import { readErrorEvent } from '../http/read-error.ts';
import type { AnswerAdapter } from './adapt-answer.ts';
import { checkChoices, checkTexts } from './check-completion.ts';
import { repairCompletion } from './repair-chunk.ts';

const broken = (message: string) => new AppError('upstream_broken', message);

/** An answer whose list of that name is not empty. Throws what an error in its place means, or `upstream_broken`. */
function readAnswer<Answer extends object>(bytes: Buffer, list: string & keyof Answer, what: string): Json<Answer> {
  if (bytes.length === 0) throw broken('The upstream sent an empty answer.');
  const answer = Json.ofBytes<Answer>(bytes);
  const { value } = answer;
  if (!isObject(value)) throw broken(`The upstream sent an answer without ${what}.`);
  if ('error' in value && value.error) throw readErrorEvent(value);
  const items = value[list];
  if (!Array.isArray(items) || items.length === 0) throw broken(`The upstream sent an answer without ${what}.`);
  return answer;
}

export function readCompletion(bytes: Buffer, alias: string, adapter: AnswerAdapter | null): Json<ChatCompletion> {
  const came = readAnswer<ChatCompletion>(bytes, 'choices', 'choices');
  checkChoices(came.value);
  const repaired = repairCompletion(adapter ? adapter.completion(came) : came);
  const sound = checkTexts(repaired.value) ? Json.ofValue(repaired.value) : repaired;
  return sound.assign({ model: alias });
}

export const readTextCompletion = (bytes: Buffer, alias: string): Json<TextCompletion> =>
  readAnswer<TextCompletion>(bytes, 'choices', 'choices').assign({ model: alias });

export const readEmbeddings = (bytes: Buffer, alias: string): Json<EmbeddingResponse> =>
  readAnswer<EmbeddingResponse>(bytes, 'data', 'embeddings').assign({ model: alias });
