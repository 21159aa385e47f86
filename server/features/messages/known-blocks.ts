import type { MessageRequest, TokenCountRequest } from '../../../contracts/messages/request.ts';
import { isObject } from '../../canonical/json.ts';
import { throwFault } from '../access/check-fields.ts';
import { checkTool } from '../access/check-tools.ts';
import {
  type Check,
  fileAddress,
  free,
  imageAddress,
  list,
  object,
  plain,
  type Sender,
  storedFile,
  text,
  textOrList,
  typed,
  under,
} from '../access/content-check.ts';
import { base64, file, image } from '../access/media.ts';
import { cacheMark } from '../access/shared-parts.ts';

const beside = { type: plain, cache_control: cacheMark };
const words = object({ ...beside, text, citations: free });

/** A source whose `media_type` and `data` are what a data URI says in one. */
const inlineSource = (check: Check): Check => {
  const shape = object({ type: plain, media_type: plain, data: base64 });
  return (value, sender) => {
    const fault = shape(value, sender);
    if (fault || !isObject(value) || typeof value.data !== 'string') return fault;
    const found = check(`data:${String(value.media_type)};base64,${value.data}`, sender);
    return found && under('data', found);
  };
};

const stored = object({ type: plain, file_id: storedFile });

const imageSource = typed({
  base64: inlineSource(image),
  url: object({ type: plain, url: imageAddress }),
  file: stored,
});
const picture = object({ ...beside, source: imageSource });

const documentSource = typed({
  base64: inlineSource(file),
  text: object({ type: plain, media_type: plain, data: text }),
  content: object({ type: plain, content: textOrList(typed({ text: words, image: picture })) }),
  url: object({ type: plain, url: fileAddress }),
  file: stored,
});

/** Blocks that the gateway reads itself. Format: Anthropic's Messages API reference. */
const readable = {
  text: words,
  image: picture,
  document: object({
    ...beside,
    source: documentSource,
    title: text,
    context: text,
    citations: object({ enabled: plain }),
  }),
  // `source` names where a result was found; nobody fetches it.
  search_result: object({
    ...beside,
    source: text,
    title: text,
    content: list(typed({ text: words })),
    citations: object({ enabled: plain }),
  }),
  tool_reference: object({ ...beside, tool_name: text }),
};

/**
 * Records of what Anthropic's own tools did, which only Anthropic reads. A record names its sources; nothing is fetched
 * for it.
 */
const record = object(
  { ...beside, id: plain, tool_use_id: plain, name: text, input: free, content: free, caller: free },
  'open',
);

const toolChange = object({
  ...beside,
  tool: typed({
    tool_reference: object({ type: plain, name: text }),
    tool_definition: object({ type: plain, definition: checkTool }),
  }),
});

const block = typed({
  ...readable,
  thinking: object({ ...beside, thinking: text, signature: text }),
  redacted_thinking: object({ ...beside, data: text }),
  tool_use: object({ ...beside, id: text, name: text, input: free, caller: plain }),
  tool_result: object({ ...beside, tool_use_id: text, content: textOrList(typed(readable)), is_error: plain }),
  tool_addition: toolChange,
  tool_removal: toolChange,
  server_tool_use: record,
  web_search_tool_result: record,
  web_fetch_tool_result: record,
  code_execution_tool_result: record,
  bash_code_execution_tool_result: record,
  text_editor_code_execution_tool_result: record,
  tool_search_tool_result: record,
  mcp_tool_use: object({ ...beside, id: plain, name: text, input: free, server_name: plain }, 'open'),
  mcp_tool_result: record,
  compaction: object({ ...beside, content: text, encrypted_content: text }, 'open'),
});

const message = object({ role: plain, content: textOrList(block) }, 'open');
const system = textOrList(typed({ text: words }));

/** Refuses blocks that have an unknown field or an address. */
export function checkBlocks(
  request: Pick<MessageRequest, 'messages'> & Pick<TokenCountRequest, 'system'>,
  sender: Sender,
): void {
  if (request.system != null) throwFault(system(request.system, sender), 'system');
  for (const [i, given] of request.messages.entries()) throwFault(message(given, sender), `messages[${i}]`);
}
