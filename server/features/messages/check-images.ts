import type { InputBlock, InputMessage, ResultBlock } from '../../../contracts/messages/request.ts';
import { AppError } from '../../errors/app-error.ts';
import type { CatalogModel } from '../models/catalog.ts';

/** The path of the first picture in the blocks or their tool results. Null when they have no picture. */
function findImage(blocks: readonly (InputBlock | ResultBlock)[], param: string): string | null {
  for (const [i, block] of blocks.entries()) {
    const at = `${param}[${i}]`;
    if (block.type === 'image') return at;
    if (block.type !== 'tool_result' || !Array.isArray(block.content)) continue;
    const inner = findImage(block.content, `${at}.content`);
    if (inner !== null) return inner;
  }
  return null;
}

/** Refuses pictures for a model that sees none, by their place in Anthropic's request. */
export function checkImages({ alias, input }: CatalogModel, messages: readonly InputMessage[]): void {
  if (input.includes('image')) return;
  for (const [i, { content }] of messages.entries()) {
    const param = typeof content === 'string' ? null : findImage(content, `messages[${i}].content`);
    if (param === null) continue;
    throw new AppError('modality_not_supported', `The model '${alias}' does not accept image input.`, { param });
  }
}
