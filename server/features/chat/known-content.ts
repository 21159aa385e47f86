import { isObject } from '../../canonical/json.ts';
import {
  type Check,
  fileAddress,
  free,
  invalid,
  list,
  object,
  plain,
  storedFile,
  text,
  textOrList,
  typed,
} from '../access/content-check.ts';
import { audio, file, image, recording, video } from '../access/media.ts';
import { annotation, cacheMark } from '../access/shared-parts.ts';

/** The fields that every part may have beside its content: cache marks, signatures, and fields of answers. */
const beside = {
  type: plain,
  id: plain,
  index: plain,
  cache_control: cacheMark,
  extra_content: plain,
};

const textParts = {
  text: object({ ...beside, text, annotations: list(annotation), citations: free, logprobs: free }),
  input_text: object({ ...beside, text }),
  output_text: object({ ...beside, text, annotations: list(annotation), logprobs: free }),
  refusal: object({ ...beside, refusal: text }),
  // Mistral's, and Anthropic's as proxies hand it on.
  thinking: object({
    ...beside,
    thinking: textOrList(object({ type: plain, text })),
    signature: text,
    closed: plain,
  }),
  redacted_thinking: object({ ...beside, data: text }),
};

const imageField = object({ url: image, detail: plain });

/** Format: OpenAI's chat completions reference; `audio_url` and `video_url`: vLLM's multimodal inputs. */
const part = typed({
  ...textParts,
  image_url: object({ ...beside, image_url: imageField }),
  // A part of the Responses API with a text, which vLLM accepts too.
  input_image: object({ ...beside, image_url: image, detail: plain }),
  input_audio: object({ ...beside, input_audio: object({ data: recording, format: plain }) }),
  audio_url: object({ ...beside, audio_url: object({ url: audio }) }),
  video_url: object({ ...beside, video_url: object({ url: video }) }),
  file: object({
    ...beside,
    file: object({ file_data: file, filename: plain, file_id: storedFile, file_url: fileAddress, url: fileAddress }),
  }),
});

const answerShape = object({ ...beside, image_url: imageField }, 'open');

/** A picture of an answer that a client sends back as it got it. */
const answerImage: Check = (value, sender) => {
  const holder = isObject(value) ? value.image_url : null;
  if (isObject(holder) && typeof holder.url === 'string') return answerShape(value, sender);
  return invalid('An image must be {type: "image_url", image_url: {url}}.');
};

const call = object(
  {
    ...beside,
    function: object({ name: text, arguments: text }, 'open'),
    custom: object({ name: text, input: text }, 'open'),
  },
  'open',
);

const reasoningDetail = object(
  { type: plain, text, summary: text, data: text, signature: text, id: plain, format: plain, index: plain },
  'open',
);

/** The content of a message, of a turn, and of a tool's result. */
export const content: Check = textOrList(part);

/** A message. Its unknown fields must not contain an address. */
export const message: Check = object(
  {
    // One of a few words, by the contract.
    role: free,
    content,
    name: text,
    refusal: text,
    reasoning: text,
    reasoning_content: text,
    reasoning_details: list(reasoningDetail),
    tool_calls: list(call),
    tool_call_id: text,
    function_call: object({ name: text, arguments: text }, 'open'),
    images: list(answerImage),
    annotations: list(annotation),
    audio: object({ id: plain, data: recording, transcript: text, expires_at: plain }),
    cache_control: cacheMark,
  },
  'open',
);

/** The messages of a chat. */
export const messages: Check = list(message);

/** OpenAI's predicted output, whose parts are text. */
export const prediction: Check = object({ type: plain, content: textOrList(typed(textParts)) });

/** A picture of `/c1/chat`. */
export const turnImage: Check = object({ url: image, detail: plain });
/** The result of a tool on `/c1/chat`. */
export const toolResult: Check = object(
  { tool_call_id: text, content, is_error: plain, role: plain, name: text },
  'open',
);
