import { isObject } from '../../canonical/json.ts';
import {
  type Check,
  type Fault,
  free,
  invalid,
  list,
  object,
  plain,
  type Sender,
  search,
  text,
  under,
} from './content-check.ts';

const definition = object({
  name: text,
  description: text,
  parameters: free,
  strict: plain,
  cache_control: plain,
  format: free,
});

/** A tool that the client runs, in each of the dialects: nested, or flat with `parameters` or `input_schema`. */
const ownTool = object({
  type: plain,
  name: text,
  description: text,
  parameters: free,
  input_schema: free,
  output_schema: free,
  input_examples: free,
  strict: plain,
  format: free,
  function: definition,
  custom: definition,
  cache_control: plain,
  defer_loading: plain,
  eager_input_streaming: plain,
  allowed_callers: plain,
  tools: free,
});

/** Anthropic's search among the tools that are declared, which costs nothing. */
const isToolSearch = (type: string) => type.startsWith('tool_search_tool');

const isOwn = (type: unknown): boolean =>
  type == null ||
  type === 'function' ||
  type === 'custom' ||
  type === 'namespace' ||
  (typeof type === 'string' && isToolSearch(type));

/** One tool of a key's request: one that the client runs, or the vendor's own where the model is open to them. */
export const checkTool: Check = (tool, sender) => {
  if (!sender.isKey) return null;
  const type = isObject(tool) ? tool.type : undefined;
  if (isOwn(type)) return checkOwn(tool, sender);
  if (sender.hosted) return search(tool, true);
  return invalid(
    "A key cannot use the vendor's own tools with this model. Ask the operator to set `hosted_tools` of the model.",
    '.type',
  );
};

function checkOwn(tool: unknown, sender: Sender): Fault | null {
  const fault = ownTool(tool, sender);
  if (fault || !isObject(tool) || tool.type !== 'namespace') return fault;
  const inner = list(checkTool)(tool.tools, sender);
  return inner && under('tools', inner);
}

export const checkTools: Check = list(checkTool);
