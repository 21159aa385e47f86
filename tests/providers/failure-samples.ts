import type { ErrorCode } from '../../contracts/errors.ts';

/** One failure as a server words it, and what it means to us. */
export interface FailureSample {
  /** The server and the version or documentation that says so. */
  readonly server: string;
  /** null: inside a success, as a body or an event. */
  readonly status: number | null;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, or a text as it came. */
  readonly body: unknown;
  readonly means: ErrorCode;
  readonly param?: string;
  /** In seconds. */
  readonly retryAfter?: number;
}

const openAi = (message: string, type: string, code: string | number | null = null, param: string | null = null) => ({
  error: { message, type, param, code },
});

const llamaCpp: readonly FailureSample[] = [
  {
    server: 'llama.cpp server b11434, while it loads',
    status: 503,
    body: openAi('Loading model', 'unavailable_error', 503),
    means: 'model_loading',
  },
  {
    server: 'llama.cpp server b11434',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'request (2049 tokens) exceeds the available context size (1024 tokens), try increasing it',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 2049,
        n_ctx: 1024,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'an older llama.cpp server',
    status: 500,
    body: openAi(
      'the request exceeds the available context size. try increasing the context size or enable context shift',
      'server_error',
      500,
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'an older llama.cpp server, with all slots taken',
    status: 503,
    body: 'no slot available',
    means: 'model_busy',
  },
  {
    server: 'llama.cpp server b11434, a text model',
    status: 500,
    body: openAi(
      'image input is not supported - hint: if this is unexpected, you may need to provide the mmproj',
      'server_error',
      500,
    ),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server b11434, started without --embeddings',
    status: 501,
    body: openAi('This server does not support embeddings. Start it with `--embeddings`', 'not_supported_error', 501),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server b11434, a body that is no JSON',
    status: 500,
    body: openAi('[json.exception.parse_error.101] parse error at line 1, column 2: syntax error', 'server_error', 500),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a grammar that cannot be built',
    status: 500,
    body: openAi('Failed to parse grammar', 'server_error', 500),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a template that refuses the roles',
    status: 500,
    body: openAi(
      'Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/...',
      'server_error',
      500,
    ),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a fault of its own',
    status: 500,
    body: openAi('failed to decode', 'server_error', 500),
    means: 'upstream_broken',
  },
  {
    server: 'llama.cpp server b11549, a schema that it cannot use',
    status: 400,
    body: openAi(
      'Unable to generate parser for this template. Automatic parser generation failed: JSON schema error at #: unrecognized type nonsense',
      'invalid_request_error',
      400,
    ),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server b11549, a grammar that it cannot use',
    status: 400,
    body: openAi('Failed to initialize samplers: failed to parse grammar', 'invalid_request_error', 400),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server b11549, several choices',
    status: 400,
    body: openAi("Field 'n': Value must be between 1 <= value <= 1, but got 2", 'invalid_request_error', 400),
    means: 'upstream_rejected',
    param: 'n',
  },
  {
    server: 'llama.cpp server, with --api-key',
    status: 401,
    body: openAi('Invalid API Key', 'authentication_error', 401),
    means: 'upstream_refused',
  },
];

const vllm: readonly FailureSample[] = [
  {
    server: 'vLLM 0.6',
    status: 400,
    body: {
      object: 'error',
      message:
        "This model's maximum context length is 512 tokens. However, you requested 600 tokens (500 in the messages, 100 in the completion). Please reduce the length of the messages or completion.",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'vLLM 0.29, which counts characters before it tokenizes',
    status: 400,
    body: openAi(
      "This model's maximum context length is 512 tokens. However, you requested 10 output tokens and your prompt contains 45050 characters (more than 8032 characters, which is the upper bound for 502 input tokens). Please reduce the length of the input prompt or the number of requested output tokens.",
      'BadRequestError',
      400,
      'input_text',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'vLLM 0.29',
    status: 400,
    body: openAi(
      'max_tokens=3000 cannot be greater than max_model_len=max_total_tokens=512. Please request fewer output tokens.',
      'BadRequestError',
      400,
    ),
    means: 'upstream_rejected',
    param: 'max_tokens',
  },
  {
    server: 'vLLM 0.32, without an answer asked for',
    status: 400,
    body: openAi(
      "This model's maximum context length is 512 tokens. However, your prompt contains 30050 characters (more than 6144 characters, which is the upper bound for 512 input tokens). Please reduce the length of the input prompt. (parameter=input_text, value=30050)",
      'BadRequestError',
      400,
      'input_text',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'vLLM 0.32',
    status: 400,
    body: openAi(
      'max_tokens=100000 cannot be greater than max_model_len=512. Please request fewer output tokens. (parameter=max_tokens, value=100000)',
      'BadRequestError',
      400,
      'max_tokens',
    ),
    means: 'upstream_rejected',
    param: 'max_tokens',
  },
  {
    server: 'vLLM 0.32, a schema that it cannot use',
    status: 400,
    body: openAi('Grammar error: Invalid type: nonsense', 'BadRequestError', 400),
    means: 'upstream_rejected',
  },
  {
    server: 'vLLM 0.32, a picture for a text model',
    status: 400,
    body: openAi('tiny is not a multimodal model', 'BadRequestError', 400),
    means: 'upstream_rejected',
  },
  {
    server: 'vLLM 0.32, started without a parser of tool calls',
    status: 400,
    body: openAi('tool_choice="required" requires --tool-call-parser to be set', 'BadRequestError', 400),
    means: 'upstream_rejected',
  },
  {
    server: 'vLLM',
    status: 400,
    body: openAi('max_tokens must be at least 1, got 0.', 'BadRequestError', 400),
    means: 'max_tokens_below_minimum',
    param: 'max_tokens',
  },
  {
    server: 'vLLM, --max-num-queued-reqs',
    status: 503,
    headers: { 'retry-after': '3' },
    body: openAi('The maximum number of queued requests (64) is reached.', 'ServiceUnavailableError', 503),
    means: 'model_busy',
    retryAfter: 3,
  },
  {
    server: 'vLLM',
    status: 404,
    body: openAi('The model `llama` does not exist.', 'NotFoundError', 404, 'model'),
    means: 'upstream_refused',
  },
  {
    server: 'vLLM, in a stream',
    status: null,
    body: openAi('EngineCore encountered an issue.', 'InternalServerError', 500),
    means: 'upstream_broken',
  },
  {
    server: 'vLLM, in a stream',
    status: null,
    body: openAi('The grammar is not valid.', 'BadRequestError', 400),
    means: 'upstream_rejected',
  },
];

const ollama: readonly FailureSample[] = [
  {
    server: 'Ollama, OLLAMA_MAX_QUEUE',
    status: 503,
    body: openAi('server busy, please try again.  maximum pending requests exceeded', 'api_error'),
    means: 'model_busy',
  },
  {
    server: 'Ollama, native error body',
    status: 503,
    body: { error: 'server busy, please try again.  maximum pending requests exceeded' },
    means: 'model_busy',
  },
  {
    server: 'Ollama',
    status: 500,
    body: openAi('invalid JSON schema in format', 'api_error'),
    means: 'upstream_rejected',
  },
  {
    server: 'Ollama 0.17.4, a schema that it cannot use',
    status: 500,
    body: openAi('invalid JSON schema in format', 'api_error'),
    means: 'upstream_rejected',
  },
  {
    server: 'Ollama 0.17.4, an unknown model',
    status: 404,
    body: openAi("model 'nosuch' not found", 'api_error'),
    means: 'upstream_refused',
  },
  {
    server: 'Ollama 0.17.4, a template without tools',
    status: 400,
    body: openAi('registry.ollama.ai/library/tiny:latest does not support tools', 'api_error'),
    means: 'upstream_rejected',
  },
  {
    server: 'Ollama',
    status: 404,
    body: openAi("model 'qwen3' not found", 'not_found_error'),
    means: 'upstream_refused',
  },
  {
    server: 'Ollama',
    status: 400,
    body: openAi('registry.ollama.ai/library/gemma3:1b does not support tools', 'invalid_request_error'),
    means: 'upstream_rejected',
  },
  {
    server: 'Ollama',
    status: 400,
    body: openAi('the input length exceeds the context length', 'invalid_request_error'),
    means: 'context_length_exceeded',
    param: 'messages',
  },
];

const otherServers: readonly FailureSample[] = [
  {
    server: 'servers in Rust with axum, in plain text',
    status: 422,
    body: 'Failed to deserialize the JSON body into the target type: messages[0]: missing field `content` at line 1 column 50',
    means: 'upstream_rejected',
  },
  {
    server: 'a proxy, with a web page',
    status: 400,
    body: '<html><body>the model is loading</body></html>',
    means: 'upstream_rejected',
  },
  {
    server: 'SGLang, --max-queued-requests',
    status: 503,
    body: openAi('The request queue is full.', 'SERVICE_UNAVAILABLE', 503),
    means: 'model_busy',
  },
  {
    server: 'SGLang, --max-queued-requests, in a stream',
    status: null,
    body: openAi('The request queue is full.', 'SERVICE_UNAVAILABLE', 503),
    means: 'model_busy',
  },
  {
    server: 'Text Generation Inference',
    status: 429,
    body: { error: 'Model is overloaded', error_type: 'overloaded' },
    means: 'model_busy',
  },
  {
    server: 'Hugging Face Inference',
    status: 503,
    body: { error: 'Model bigscience/bloom is currently loading', estimated_time: 20.5 },
    means: 'model_loading',
    retryAfter: 21,
  },
  {
    server: 'LiteLLM proxy 1.108 before llama.cpp',
    status: 400,
    body: openAi(
      "litellm.ContextWindowExceededError: litellm.BadRequestError: ContextWindowExceededError: OpenAIException - request (18009 tokens) exceeds the available context size (1024 tokens), try increasing it\nmodel=tiny. context_window_fallbacks=None. fallbacks=None.\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'invalid_request_error',
      '400',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'LiteLLM proxy 1.108 before llama.cpp, a picture for a text model',
    status: 500,
    body: openAi(
      "litellm.InternalServerError: InternalServerError: OpenAIException - image input is not supported - hint: if this is unexpected, you may need to provide the mmproj\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '500',
    ),
    means: 'upstream_rejected',
  },
  {
    server: 'LiteLLM proxy 1.108 before llama.cpp that loads its model',
    status: 503,
    body: openAi(
      "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - Loading model\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '503',
    ),
    means: 'model_loading',
  },
  {
    server: 'LiteLLM proxy 1.108 before Ollama with a full queue',
    status: 503,
    body: openAi(
      "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - server busy, please try again.  maximum pending requests exceeded\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '503',
    ),
    means: 'model_busy',
  },
  {
    server: 'LiteLLM proxy 1.108 before Anthropic, overloaded',
    status: 500,
    body: openAi(
      'litellm.InternalServerError: AnthropicError - {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\nLiteLLM: model group \'tiny\' failed with the error above. No fallback was attempted.',
      'internal_server_error',
      '500',
    ),
    means: 'model_busy',
  },
  {
    server: 'LiteLLM proxy 1.108 before Gemini, overloaded',
    status: 503,
    body: openAi(
      "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - The model is overloaded. Please try again later.\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '503',
    ),
    means: 'model_busy',
  },
  {
    server: 'LiteLLM proxy 1.108 before a server that answers 503',
    status: 503,
    body: openAi(
      "litellm.ServiceUnavailableError: ServiceUnavailableError: OpenAIException - Error code: 503\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '503',
    ),
    means: 'upstream_unavailable',
  },
  {
    server: 'LiteLLM proxy 1.108 before a quota',
    status: 429,
    body: openAi(
      "litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached for gpt-5.5. Please try again in 7s.\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'throttling_error',
      '429',
    ),
    means: 'model_quota_exhausted',
    retryAfter: 7,
  },
  {
    server: 'LiteLLM proxy 1.108 before an empty account',
    status: 402,
    body: openAi(
      "litellm.APIError: APIError: OpenAIException - Insufficient credits\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'invalid_request_error',
      '402',
    ),
    means: 'model_quota_exhausted',
  },
  {
    server: 'LiteLLM proxy 1.108 before llama.cpp without --embeddings',
    status: 501,
    body: openAi(
      "litellm.APIError: APIError: OpenAIException - Error code: 501 - This server does not support embeddings. Start it with `--embeddings`\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '501',
    ),
    means: 'upstream_rejected',
  },
  {
    server: 'LiteLLM proxy 1.108 before a model that does not exist',
    status: 404,
    body: openAi(
      "litellm.NotFoundError: NotFoundError: OpenAIException - The model `x` does not exist or you do not have access to it.\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'invalid_request_error',
      '404',
    ),
    means: 'upstream_refused',
  },
  {
    server: 'LiteLLM proxy 1.108 before a server that is down',
    status: 500,
    body: openAi(
      "litellm.InternalServerError: InternalServerError: OpenAIException - Connection error.\n\nLiteLLM: model group 'tiny' failed with the error above. No fallback was attempted.",
      'internal_server_error',
      '500',
    ),
    means: 'upstream_broken',
  },
  {
    server: 'LiteLLM proxy 1.108 without a database, a wrong key',
    status: 400,
    body: openAi('No connected db.', 'no_db_connection', '400'),
    means: 'upstream_refused',
  },
  {
    server: 'LiteLLM proxy 1.108',
    status: 400,
    body: openAi(
      '/chat/completions: Invalid model name passed in model=gpt-made-up. Call `/v1/models` to view available models for your key.',
      'invalid_request_error',
      '400',
    ),
    means: 'upstream_refused',
  },
];

const overflows: readonly FailureSample[] = [
  {
    server: 'LiteLLM, the name of the exception alone',
    status: 400,
    body: openAi('litellm.ContextWindowExceededError: OpenAIException - too many', 'invalid_request_error', '400'),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'vLLM 0.10',
    status: 400,
    body: openAi(
      'The decoder prompt (length 9000) is longer than the maximum model length of 8192. Make sure that `max_model_len` is no smaller than the number of text tokens.',
      'BadRequestError',
      400,
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Alibaba Model Studio',
    status: 400,
    body: openAi('Range of input length should be [1, 6000]', 'invalid_request_error', 'invalid_parameter_error'),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'xAI',
    status: 400,
    body: {
      code: 'Client specified an invalid argument',
      error: "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Moonshot',
    status: 400,
    body: openAi(
      'Invalid request: Your request exceeded model token limit: 8192 (requested: 9000)',
      'invalid_request_error',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Vertex AI',
    status: 400,
    body: {
      error: {
        code: 400,
        message:
          'Unable to submit request because the input token count is 32769 but model only supports up to 32768. Reduce the input token count and try again.',
        status: 'INVALID_ARGUMENT',
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'SGLang',
    status: 400,
    body: openAi(
      'Input length (9000 tokens) exceeds the maximum allowed length (8192 tokens).',
      'BadRequestError',
      400,
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'TensorRT-LLM',
    status: 400,
    body: openAi(
      'Prompt length (9000) exceeds maximum input length (8192). Set log level to info.',
      'invalid_request_error',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'LM Studio',
    status: 400,
    body: { error: 'Cannot truncate prompt with n_keep (5030) >= n_ctx (4096)' },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'GitHub Copilot',
    status: 400,
    body: openAi(
      'prompt token count of 130000 exceeds the limit of 128000',
      'invalid_request_error',
      'model_max_prompt_tokens_exceeded',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'GitHub Models',
    status: 413,
    body: {
      error: {
        code: 'tokens_limit_reached',
        message: 'Request body too large for gpt-4o model. Max size: 8000 tokens.',
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Volcengine Ark',
    status: 400,
    body: openAi(
      'Total tokens of image and text exceed max message tokens. Request id: 021',
      'BadRequest',
      'InvalidParameter',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Cerebras, without a code',
    status: 400,
    body: {
      message: 'Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192',
      type: 'invalid_request_error',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Zhipu',
    status: 400,
    body: { error: { code: '1261', message: 'Prompt exceeds max length' } },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Bedrock, Converse',
    status: 400,
    body: { message: 'Input Tokens Exceeded: Number of input tokens exceeds maximum length.' },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'a schema whose field has a length',
    status: 400,
    body: openAi('Invalid schema: maxLength of "input" is too small', 'invalid_request_error'),
    means: 'upstream_rejected',
  },
  {
    server: 'OpenAI, a tool name that is too long',
    status: 400,
    body: openAi(
      "Invalid 'tools[0].function.name': string too long. Expected a string with maximum length 64.",
      'invalid_request_error',
      'string_above_max_length',
      'tools[0].function.name',
    ),
    means: 'upstream_rejected',
    param: 'tools[0].function.name',
  },
];

const overloads: readonly FailureSample[] = [
  {
    server: 'a server that nobody knows, with words alone',
    status: 503,
    body: 'upstream overloaded, try later',
    means: 'model_busy',
  },
  {
    server: 'a server that nobody knows, with words alone',
    status: 500,
    body: { error: { message: 'Server overloaded, please retry', type: 'internal_error' } },
    means: 'model_busy',
  },
  { server: 'a server that nobody knows, without words', status: 529, body: '', means: 'model_busy' },
  {
    server: 'a server that nobody knows, without words',
    status: 529,
    headers: { 'retry-after': '7' },
    body: '<html><body>Site is overloaded</body></html>',
    means: 'model_busy',
    retryAfter: 7,
  },
  {
    server: 'a server that nobody knows, without words, in a stream',
    status: null,
    body: { error: { code: 529, message: 'Provider returned error' } },
    means: 'model_busy',
  },
  { server: 'a server that nobody knows, without words', status: 503, body: '', means: 'upstream_unavailable' },
  {
    server: 'a server that compiles functions, in a stream',
    status: null,
    body: openAi('The tool list has an overloaded function "get".', 'invalid_request_error'),
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a message that it cannot read and repeats',
    status: 500,
    body: openAi("Failed to parse messages: unsupported part; messages = 'We are at capacity'", 'server_error', 500),
    means: 'upstream_rejected',
  },
  {
    server: 'a server that compiles functions',
    status: 400,
    body: openAi('The tool list has an overloaded function "get".', 'invalid_request_error'),
    means: 'upstream_rejected',
  },
];

const clouds: readonly FailureSample[] = [
  {
    server: 'OpenAI, rate limits guide',
    status: 429,
    headers: { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' },
    body: openAi('Rate limit reached for gpt-5.5', 'requests', 'rate_limit_exceeded'),
    means: 'model_quota_exhausted',
    retryAfter: 360,
  },
  {
    server: 'OpenAI, rate limits guide',
    status: 429,
    body: openAi(
      'Rate limit reached for gpt-5.5 on tokens per min (TPM): Limit 30000, Used 29000. Please try again in 1.5s.',
      'tokens',
      'rate_limit_exceeded',
    ),
    means: 'model_quota_exhausted',
    retryAfter: 2,
  },
  {
    server: 'OpenAI',
    status: 429,
    body: openAi('You exceeded your current quota.', 'insufficient_quota', 'insufficient_quota'),
    means: 'model_quota_exhausted',
  },
  {
    server: 'OpenAI',
    status: 400,
    body: openAi(
      'max_tokens is too large: 5000. This model supports at most 4096 completion tokens, whereas you provided 5000.',
      'invalid_request_error',
      'invalid_value',
      'max_tokens',
    ),
    means: 'upstream_rejected',
    param: 'max_tokens',
  },
  {
    server: 'OpenAI, Responses API',
    status: 400,
    body: openAi("The requested model 'gpt-9' does not exist.", 'invalid_request_error', 'model_not_found', 'model'),
    means: 'upstream_refused',
  },
  {
    server: 'Azure OpenAI',
    status: 429,
    headers: { 'retry-after-ms': '1200', 'retry-after': '2' },
    body: { error: { code: '429', message: 'Requests have exceeded the call rate limit.' } },
    means: 'model_quota_exhausted',
    retryAfter: 2,
  },
  {
    server: 'Azure OpenAI, content filter in a stream',
    status: null,
    body: openAi('The response was filtered.', 'invalid_request_error', 'content_filter', 'prompt'),
    means: 'upstream_rejected',
    param: 'prompt',
  },
  {
    server: 'Anthropic, errors page',
    status: 529,
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    means: 'model_busy',
  },
  {
    server: 'Anthropic, errors page, in a stream',
    status: null,
    body: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
    means: 'model_busy',
  },
  {
    server: 'Anthropic, rate limits page',
    status: 429,
    headers: {
      date: 'Sat, 28 Nov 2026 12:00:00 GMT',
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': '2026-11-28T12:00:30Z',
    },
    body: {
      type: 'error',
      error: { type: 'rate_limit_error', message: 'Number of requests has exceeded your limit.' },
    },
    means: 'model_quota_exhausted',
    retryAfter: 30,
  },
  {
    server: 'Anthropic',
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Anthropic',
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'prompt is too long: 210000 tokens > 200000 maximum' },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Anthropic, in a stream',
    status: null,
    body: { type: 'error', error: { type: 'invalid_request_error', message: 'messages: text content is empty' } },
    means: 'upstream_rejected',
  },
  {
    server: 'Gemini API, RetryInfo',
    status: 429,
    body: {
      error: {
        code: 429,
        message: 'You exceeded your current quota.',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: '36.2s' }],
      },
    },
    means: 'model_quota_exhausted',
    retryAfter: 37,
  },
  {
    server: 'Gemini API',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'API key not valid. Please pass a valid API key.',
        status: 'INVALID_ARGUMENT',
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'API_KEY_INVALID' }],
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'Gemini API',
    status: 400,
    body: {
      error: {
        code: 400,
        message: 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).',
        status: 'INVALID_ARGUMENT',
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Gemini API, unavailable',
    status: 503,
    headers: { 'retry-after': 'Sat, 28 Nov 2026 12:00:07 GMT', date: 'Sat, 28 Nov 2026 12:00:00 GMT' },
    body: { error: { code: 503, message: 'The service is currently unavailable.', status: 'UNAVAILABLE' } },
    means: 'upstream_unavailable',
    retryAfter: 7,
  },
  {
    server: 'Gemini API, overloaded (gemini-cli#5191)',
    status: 503,
    body: { error: { code: 503, message: 'The model is overloaded. Please try again later.', status: 'UNAVAILABLE' } },
    means: 'model_busy',
  },
  {
    server: 'Gemini API, in a stream (continue#11549)',
    status: null,
    body: {
      error: {
        code: 503,
        message:
          'This model is currently experiencing high demand. Spikes in demand are usually temporary. Please try again later.',
        status: 'UNAVAILABLE',
      },
    },
    means: 'model_busy',
  },
  {
    server: "Google's Code Assist (gemini-cli#19911)",
    status: 429,
    body: {
      error: {
        code: 429,
        message: 'No capacity available for model gemini-3-flash-preview on the server',
        status: 'RESOURCE_EXHAUSTED',
        details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'MODEL_CAPACITY_EXHAUSTED' }],
      },
    },
    means: 'model_busy',
  },
  {
    server: 'OpenRouter, in a stream',
    status: null,
    body: { error: { code: 429, message: 'Provider returned error' } },
    means: 'model_quota_exhausted',
  },
  {
    server: 'OpenRouter, without money',
    status: 402,
    body: { error: { code: 402, message: 'Insufficient credits.' } },
    means: 'model_quota_exhausted',
  },
  {
    server: 'a proxy in front',
    status: 504,
    body: '<html><head><title>504 Gateway Time-out</title></head></html>',
    means: 'upstream_timeout',
  },
  {
    server: 'a proxy in front',
    status: 502,
    body: '<html><head><title>502 Bad Gateway</title></head></html>',
    means: 'upstream_broken',
  },
];

const moreClouds: readonly FailureSample[] = [
  {
    server: 'OpenAI, a parameter of other models',
    status: 400,
    body: openAi(
      "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
      'invalid_request_error',
      'unsupported_parameter',
      'max_tokens',
    ),
    means: 'upstream_rejected',
    param: 'max_tokens',
  },
  {
    server: 'OpenAI, error codes guide',
    status: 401,
    body: openAi(
      'Incorrect API key provided: sk-x. You can find it in your account.',
      'invalid_request_error',
      'invalid_api_key',
    ),
    means: 'upstream_refused',
  },
  {
    server: 'OpenAI, error codes guide',
    status: 503,
    body: openAi('The engine is currently overloaded, please try again later', 'server_error'),
    means: 'model_busy',
  },
  {
    server: 'OpenAI, error codes guide',
    status: 503,
    body: openAi('Slow Down', 'server_error', 'slow_down'),
    means: 'model_busy',
  },
  {
    server: 'OpenAI, Responses API, in a stream',
    status: null,
    body: openAi('Our servers are currently overloaded.', 'service_unavailable_error', 'server_is_overloaded'),
    means: 'model_busy',
  },
  {
    server: 'Azure OpenAI, content filter',
    status: 400,
    body: {
      error: {
        message: "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
        type: null,
        param: 'prompt',
        code: 'content_filter',
        status: 400,
      },
    },
    means: 'upstream_rejected',
    param: 'prompt',
  },
  {
    server: 'Azure OpenAI',
    status: 404,
    body: { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } },
    means: 'upstream_refused',
  },
  {
    server: 'Azure OpenAI, a deployment of another kind',
    status: 400,
    body: {
      error: {
        code: 'OperationNotSupported',
        message:
          'The chatCompletion operation does not work with the specified model, ada. Please choose different model.',
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'Anthropic, errors page',
    status: 413,
    body: { type: 'error', error: { type: 'request_too_large', message: 'Request exceeds the maximum size' } },
    means: 'upstream_rejected',
  },
  {
    server: 'Anthropic, a longer answer than the model gives',
    status: 400,
    body: {
      type: 'error',
      error: {
        type: 'invalid_request_error',
        message: 'max_tokens: 8193 > 8192, which is the maximum allowed number of output tokens for claude-3-5-sonnet',
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'Gemini API, troubleshooting page',
    status: 504,
    body: { error: { code: 504, status: 'DEADLINE_EXCEEDED', message: 'The service is unable to finish processing.' } },
    means: 'upstream_timeout',
  },
  {
    server: 'Mistral',
    status: 422,
    body: { detail: [{ type: 'extra_forbidden', loc: ['body'], msg: 'Extra inputs are not permitted' }] },
    means: 'upstream_rejected',
  },
  {
    server: 'Mistral',
    status: 429,
    body: {
      object: 'error',
      message: 'Service tier capacity exceeded for this model.',
      type: 'service_tier_capacity_exceeded',
      param: null,
      code: '3505',
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Groq, a request above the tokens of a minute',
    status: 413,
    body: openAi(
      'Request too large for model `x` on tokens per minute (TPM): Limit 6000, Requested 8000.',
      'tokens',
      'rate_limit_exceeded',
    ),
    means: 'model_quota_exhausted',
  },
  {
    server: 'Groq, errors page',
    status: 498,
    body: openAi('Flex tier capacity exceeded, please try again later', 'capacity_exceeded'),
    means: 'model_busy',
  },
  {
    server: 'Groq, tool use guide',
    status: 400,
    body: openAi(
      "Failed to call a function. Please adjust your prompt. See 'failed_generation' for more details.",
      'invalid_request_error',
      'tool_use_failed',
    ),
    means: 'upstream_rejected',
  },
  {
    server: 'Together, and Text Generation Inference',
    status: 422,
    body: openAi(
      'Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4097. Given: 4000 `inputs` tokens and 512 `max_new_tokens`',
      'invalid_request_error',
    ),
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Text Generation Inference',
    status: 422,
    body: {
      error: 'Input validation error: `inputs` must have less than 1024 tokens. Given: 1529',
      error_type: 'validation',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'DeepSeek, error codes page',
    status: 402,
    body: openAi('Insufficient Balance', 'unknown_error', 'invalid_request_error'),
    means: 'model_quota_exhausted',
  },
  {
    server: 'OpenRouter, moderation',
    status: 403,
    body: {
      error: {
        code: 403,
        message: 'Your chosen model requires moderation and your input was flagged',
        metadata: { reasons: ['violence'], flagged_input: 'x', provider_name: 'OpenAI', model_slug: 'openai/gpt-4o' },
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'OpenRouter, a picture for text models',
    status: 404,
    body: { error: { code: 404, message: 'No endpoints found that support image input' } },
    means: 'upstream_rejected',
  },
  {
    server: 'xAI, a wrong key',
    status: 400,
    body: { code: 'Client specified an invalid argument', error: 'Incorrect API key provided: xa***.' },
    means: 'upstream_refused',
  },
  {
    server: 'xAI',
    status: 404,
    body: {
      code: 'Some requested entity was not found',
      error: 'The model grok-0 does not exist or your team does not have access to it.',
    },
    means: 'upstream_refused',
  },
  {
    server: 'Cohere',
    status: 400,
    body: {
      message:
        'too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 4500. Try using a shorter prompt.',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Cohere',
    status: 401,
    body: { message: 'invalid api token' },
    means: 'upstream_refused',
  },
  {
    server: 'Perplexity',
    status: 400,
    body: {
      error: {
        message: "Invalid model 'sonar-0'. Permitted models can be found in the documentation.",
        type: 'invalid_model',
        code: 400,
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'Perplexity, without money',
    status: 401,
    body: openAi('You exceeded your current quota, please check your plan.', 'insufficient_quota', 401),
    means: 'model_quota_exhausted',
  },
  {
    server: 'Bedrock, ValidationException',
    status: 400,
    body: { message: 'Input is too long for requested model.' },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Bedrock, ThrottlingException',
    status: 429,
    body: { message: 'Too many tokens per day, please wait before trying again.' },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Bedrock, ModelNotReadyException',
    status: 429,
    body: { message: 'Model is not ready for inference. Wait and try your request again.' },
    means: 'model_loading',
  },
  {
    server: 'Bedrock, AccessDeniedException',
    status: 403,
    body: { message: "You don't have access to the model with the specified model ID." },
    means: 'upstream_refused',
  },
];

export const failureSamples: readonly FailureSample[] = [
  ...llamaCpp,
  ...vllm,
  ...ollama,
  ...otherServers,
  ...overloads,
  ...overflows,
  ...clouds,
  ...moreClouds,
];
