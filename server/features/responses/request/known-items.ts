import { throwFault } from '../../access/check-fields.ts';
import {
  fileAddress,
  free,
  list,
  object,
  plain,
  type Sender,
  storedFile,
  text,
  textOrList,
  typed,
} from '../../access/content-check.ts';
import { base64, file, image, recording } from '../../access/media.ts';
import { annotation, cacheMark } from '../../access/shared-parts.ts';
import type { PlacedItem } from './to-messages.ts';

/** The fields that SDKs and answers add to every part. */
const beside = { type: plain, annotations: list(annotation), logprobs: free, parsed: free, cache_control: cacheMark };
const words = object({ ...beside, text });
const screenshot = object({ ...beside, image_url: image, file_id: storedFile, detail: plain });

/** Format: `InputContent` and `OutputContent` of OpenAI's OpenAPI document. */
const part = typed({
  input_text: words,
  output_text: words,
  text: words,
  summary_text: words,
  reasoning_text: words,
  refusal: object({ ...beside, refusal: text }),
  input_image: screenshot,
  computer_screenshot: screenshot,
  input_file: object({
    ...beside,
    file_data: file,
    filename: plain,
    file_id: storedFile,
    file_url: fileAddress,
    detail: plain,
  }),
  input_audio: object({
    ...beside,
    input_audio: object({ data: recording, format: plain }),
    data: recording,
    format: plain,
  }),
});

const content = textOrList(part);

/** The fields that every item may have. */
const item = { type: plain, id: plain, status: plain, created_by: plain };
const call = { ...item, call_id: text, name: text, namespace: text, caller: plain, extra_content: plain };
const isOutput = { ...item, call_id: text, output: content, caller: plain };

/**
 * Format: `InputItem` of OpenAI's OpenAPI document. Only the first of them become a chat. The others are what OpenAI's own
 * tools did, which only OpenAI itself reads: a record of it names its sources, and nothing is fetched for it again.
 */
const known = typed(
  {
    message: object({ ...item, role: plain, content, name: text, phase: plain }, 'open'),
    reasoning: object({ ...item, summary: list(part), content: list(part), encrypted_content: text }, 'open'),
    function_call: object({ ...call, arguments: text, parsed_arguments: free }, 'open'),
    custom_tool_call: object({ ...call, input: text }, 'open'),
    function_call_output: object({ ...isOutput, name: text }, 'open'),
    custom_tool_call_output: object({ ...isOutput, name: text }, 'open'),
    image_generation_call: object(
      {
        ...item,
        result: base64,
        revised_prompt: text,
        action: plain,
        background: plain,
        output_format: plain,
        quality: plain,
        size: plain,
      },
      'open',
    ),
    item_reference: object(item, 'open'),
    web_search_call: object({ ...item, action: free, results: free }, 'open'),
    file_search_call: object({ ...item, queries: free, results: free }, 'open'),
    computer_call: object({ ...item, call_id: text, action: free, actions: free, pending_safety_checks: free }, 'open'),
    computer_call_output: object(
      { ...item, call_id: text, output: screenshot, acknowledged_safety_checks: free },
      'open',
    ),
    code_interpreter_call: object({ ...item, code: text, container_id: plain, outputs: free }, 'open'),
    local_shell_call: object({ ...item, call_id: text, action: free }, 'open'),
    local_shell_call_output: object({ ...item, call_id: text, output: text }, 'open'),
    shell_call: object({ ...item, call_id: text, action: free }, 'open'),
    shell_call_output: object({ ...item, call_id: text, output: free }, 'open'),
    apply_patch_call: object({ ...item, call_id: text, operation: free }, 'open'),
    apply_patch_call_output: object({ ...item, call_id: text, output: text }, 'open'),
    mcp_list_tools: object({ ...item, server_label: plain, tools: free, error: free }, 'open'),
    mcp_approval_request: object({ ...item, server_label: plain, name: text, arguments: text }, 'open'),
    mcp_approval_response: object({ ...item, reason: text }, 'open'),
    mcp_call: object({ ...item, server_label: plain, name: text, arguments: text, output: text, error: free }, 'open'),
    compaction: object({ ...item, encrypted_content: text }, 'open'),
  },
  'message',
);

/** Refuses items that hold what is not known, or an address. */
export function checkItems(items: readonly PlacedItem[], sender: Sender): void {
  for (const { item: given, at } of items) throwFault(known(given, sender), at);
}
