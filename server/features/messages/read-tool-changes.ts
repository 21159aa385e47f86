import { type InputMessage, type MessageTool, ToolChangeBlock } from '../../../contracts/messages/request.ts';

interface ToolChange {
  readonly name: string;
  readonly shown: boolean;
  /** The name of a tool that `tools` does not declare. */
  readonly definition?: MessageTool;
  /** Its place. */
  readonly param: string;
}

/** The tool change in one block. Null when the block has none, or names a tool of another kind. */
export function readToolChange(block: { readonly type: string }, param: string): ToolChange | null {
  if (block.type !== 'tool_addition' && block.type !== 'tool_removal') return null;
  const read = ToolChangeBlock.safeParse(block);
  if (!read.success) return null;
  const { type, tool } = read.data;
  const shown = type === 'tool_addition';
  if (tool.type === 'tool_reference') return { name: tool.name, shown, param };
  return { name: tool.definition.name, definition: tool.definition, shown, param: `${param}.tool.definition` };
}

/** The changes in the order of the history. A result that holds a `tool_reference` makes that tool known too. */
export function readToolChanges(messages: readonly InputMessage[]): ToolChange[] {
  const changes: ToolChange[] = [];
  for (const [i, { content }] of messages.entries()) {
    if (typeof content === 'string') continue;
    for (const [j, block] of content.entries()) {
      const param = `messages[${i}].content[${j}]`;
      const change = readToolChange(block, param);
      if (change) changes.push(change);
      if (block.type !== 'tool_result' || !Array.isArray(block.content)) continue;
      for (const { type, tool_name: name } of block.content.map((inner) => ({ tool_name: null, ...inner }))) {
        if (type === 'tool_reference' && typeof name === 'string') changes.push({ name, shown: true, param });
      }
    }
  }
  return changes;
}
