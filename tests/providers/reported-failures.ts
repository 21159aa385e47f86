import type { FailureSample } from './failure-samples.ts';

/** What servers and vendors answer, by public code and bug reports, or in the words that they are known for. */
export const reportedFailures: readonly FailureSample[] = [
  {
    server: 'vLLM 0.8 and later',
    status: 400,
    body: {
      error: {
        message:
          "This model's maximum context length is 262144 tokens. However, you requested 0 output tokens and your prompt contains at least 262145 input tokens, for a total of at least 262145 tokens. Please reduce the length of the input prompt or the number of requested output tokens. (parameter=input_tokens, value=262145)",
        type: 'BadRequestError',
        code: 400,
        param: 'input_tokens',
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'SGLang',
    status: 400,
    body: {
      object: 'error',
      message: "The input (400013 tokens) is longer than the model's context length (262144 tokens).",
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'SGLang, with a completion',
    status: 400,
    body: {
      object: 'error',
      message:
        "Requested token count exceeds the model's maximum context length of 131072 tokens. You requested a total of 140000 tokens: 130000 tokens from the input messages and 10000 tokens for the completion. Please reduce the number of tokens in the input messages or the completion to fit within the limit.",
      type: 'BadRequestError',
      code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'OpenRouter, Poolside',
    status: 400,
    body: {
      error: {
        message: 'Input length 131393 exceeds the maximum allowed input length of 131040 tokens.',
        type: 'invalid_request_error',
        code: 400,
        param: null,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'an OpenAI-compatible proxy',
    status: 400,
    body: {
      error: {
        message: "Input length (265330) exceeds model's maximum context length (262144).",
        type: 'invalid_request_error',
        code: null,
        param: null,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Atlas',
    status: 400,
    body: {
      error: {
        message: 'Prompt too long: 5152 tokens exceeds max_seq_len 2048 (leave room for output tokens)',
        type: 'invalid_request_error',
        code: null,
        param: null,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Mistral, a long prompt',
    status: 400,
    body: {
      object: 'error',
      message: 'Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length',
      type: 'invalid_request_prompt',
      param: null,
      code: '3051',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'MiniMax',
    status: 400,
    body: {
      error: {
        message: 'invalid params, context window exceeds limit (2013)',
        type: 'bad_request_error',
        code: null,
        param: null,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'MiniMax, inside a success',
    status: null,
    body: {
      choices: null,
      base_resp: { status_code: 2013, status_msg: 'invalid params, context window exceeds limit' },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Ollama, an explicit overflow',
    status: 400,
    body: {
      error: {
        message: 'prompt too long; exceeded max context length by 120 tokens',
        type: 'api_error',
        code: null,
        param: null,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'LM Studio, tokens to keep',
    status: 400,
    body: {
      error:
        'The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length, or provide a shorter input',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Cerebras, a long prompt',
    status: 400,
    body: {
      message: 'Please reduce the length of the messages or completion. Current length is 32785 while limit is 32768',
      type: 'invalid_request_error',
      param: 'messages',
      code: 'context_length_exceeded',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'OpenAI, a configured limit',
    status: 400,
    body: {
      error: {
        message:
          'Input tokens exceed the configured limit of 272000 tokens. Your messages resulted in 509178 tokens. Please reduce the length of the messages.',
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        param: 'messages',
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'GitHub Copilot',
    status: 400,
    body: {
      error: {
        message: 'prompt token count of 131000 exceeds the limit of 128000',
        type: '',
        code: 'model_max_prompt_tokens_exceeded',
        param: null,
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Bedrock, Anthropic',
    status: 400,
    body: {
      message:
        'The model returned the following errors: input length and `max_tokens` exceed context limit: 190000 + 64000 > 200000, decrease input length or `max_tokens` and try again',
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Bedrock, Nova',
    status: 400,
    body: { message: 'Too many input tokens. Max input tokens: 300000, request input token count: 350000' },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Zhipu',
    status: 400,
    body: { error: { code: '1261', message: 'Prompt 超长' } },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Baidu, inside a success',
    status: null,
    body: { error_code: 336007, error_msg: 'the max input characters is 20000' },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'OpenRouter, with the words of the provider behind it',
    status: 400,
    body: {
      error: {
        message: 'Provider returned error',
        code: 400,
        metadata: {
          raw: '{"error":{"message":"This model\'s maximum context length is 131072 tokens. However, you requested 140000 tokens (132000 in the messages, 8000 in the completion).","type":"invalid_request_error"}}',
          provider_name: 'DeepInfra',
        },
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'OpenRouter, a free model',
    status: 429,
    body: {
      error: {
        message: 'Provider returned error',
        code: 429,
        metadata: {
          raw: 'qwen/qwen3-coder:free is temporarily rate-limited upstream. Please retry shortly',
          provider_name: 'Venice',
        },
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'llama-cpp-python',
    status: 400,
    body: {
      error: {
        message:
          "This model's maximum context length is 512 tokens, however you requested 600 tokens (500 in your prompt; 100 for the completion). Please reduce your prompt; or completion length.",
        type: 'invalid_request_error',
        code: 'context_length_exceeded',
        param: 'messages',
      },
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'TabbyAPI',
    status: 400,
    body: { detail: 'Prompt length 5000 is greater than max_seq_len 4096' },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'TabbyAPI, in a list',
    status: 422,
    body: { detail: [{ type: 'value_error', msg: 'Context length 5000 is greater than max_seq_len 4096' }] },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'MLC LLM',
    status: 400,
    body: {
      object: 'error',
      message: 'Request prompt has 5000 tokens in total, larger than the model input length limit 4096.',
      code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'TensorRT-LLM',
    status: 400,
    body: {
      object: 'error',
      message: 'The sum of prompt length (5000.0) and query length (0) max_num_tokens (4096)',
      type: 'BadRequestError',
      code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Bedrock, throttling',
    status: 429,
    body: { message: 'Too many tokens, please wait before trying again.' },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Cerebras',
    status: 429,
    body: {
      message: 'Tokens per minute limit exceeded - too many tokens processed.',
      type: 'too_many_tokens_error',
      param: 'quota',
      code: 'token_quota_exceeded',
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Cerebras, a full queue',
    status: 429,
    body: {
      message: "We're experiencing high traffic right now! Please try again soon.",
      type: 'too_many_requests_error',
      param: 'queue',
      code: 'queue_exceeded',
    },
    means: 'model_busy',
  },
  {
    server: 'Groq, tokens per day',
    status: 429,
    body: {
      error: {
        message:
          'Rate limit reached for model `llama-3.3-70b-versatile` in organization `org_x` service tier `on_demand` on tokens per day (TPD): Limit 100000, Used 97050, Requested 3619. Please try again in 9m38.016s. Need more tokens?',
        type: 'tokens',
        code: 'rate_limit_exceeded',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
    retryAfter: 579,
  },
  {
    server: 'Together, a model of a dedicated endpoint',
    status: 400,
    body: {
      error: {
        message:
          'Unable to access non-serverless model x. Please visit https://api.together.ai/models/x to create and start a new dedicated endpoint for the model.',
        type: 'invalid_request_error',
        code: 'model_not_available',
        param: null,
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'Fireworks, a suspended account',
    status: 412,
    body: {
      error: {
        message:
          'Account is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.',
        type: 'invalid_request_error',
        code: 'PRECONDITION_FAILED',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'DeepSeek',
    status: 503,
    body: {
      error: {
        message: 'Service is too busy. We advise users to temporarily switch to alternative LLM API service providers.',
        type: 'service_unavailable_error',
        code: null,
        param: null,
      },
    },
    means: 'model_busy',
  },
  {
    server: 'DeepSeek, thinking that is missing',
    status: 400,
    body: {
      error: {
        message: 'The `reasoning_content` in the thinking mode must be passed back to the API.',
        type: 'invalid_request_error',
        code: 'invalid_request_error',
        param: null,
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'OpenAI, an organization that is not verified',
    status: 400,
    body: {
      error: {
        message: 'Your organization must be verified to stream this model. Please go to: https://platform.openai.com',
        type: 'invalid_request_error',
        code: 'unsupported_value',
        param: 'stream',
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'Azure OpenAI, retry in words',
    status: 429,
    body: {
      error: {
        code: '429',
        message:
          'Requests to the ChatCompletions_Create Operation under Azure OpenAI API version 2024-02-01 have exceeded token rate limit of your current OpenAI S0 pricing tier. Please retry after 26 seconds.',
      },
    },
    means: 'model_quota_exhausted',
    retryAfter: 26,
  },
  {
    server: 'vLLM, too many pictures',
    status: 400,
    body: {
      error: {
        message: 'At most 1 image(s) may be provided in one request.',
        type: 'BadRequestError',
        code: 400,
        param: null,
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'vLLM, xgrammar',
    status: 400,
    body: {
      object: 'error',
      message: 'The provided JSON schema contains features not supported by xgrammar.',
      type: 'BadRequestError',
      param: null,
      code: 400,
    },
    means: 'upstream_rejected',
  },
  {
    server: 'vLLM, a long answer',
    status: 400,
    body: {
      object: 'error',
      message:
        "'max_tokens' or 'max_completion_tokens' is too large: 2000. This model's maximum context length is 4096 tokens and your request has 2104 input tokens (2000 > 4096 - 2104).",
      type: 'BadRequestError',
      code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'SGLang, a template without system',
    status: 400,
    body: { object: 'error', message: 'System role not supported', type: 'BadRequestError', code: 400 },
    means: 'upstream_rejected',
  },
  {
    server: 'SGLang, while it starts',
    status: 503,
    body: { object: 'error', message: 'Server is starting. Please wait.', type: 'ServiceUnavailable', code: 503 },
    means: 'model_loading',
  },
  {
    server: 'SGLang router',
    status: 503,
    body: { message: 'Service Unavailable: The model is not ready' },
    means: 'model_loading',
  },
  {
    server: 'Text Generation Inference, without a template',
    status: 500,
    body: { error: 'Template error: template not found', error_type: 'template_error' },
    means: 'upstream_rejected',
  },
  {
    server: 'Text Generation Inference, a failure of the model',
    status: 424,
    body: { error: 'Request failed during generation: CANCELLED', error_type: 'generation' },
    means: 'upstream_broken',
  },
  {
    server: 'Hugging Face router',
    status: 400,
    body: {
      error: {
        message: "The requested model 'x' is not supported by any provider you have enabled.",
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_supported',
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'llama.cpp server, started without --jinja',
    status: 500,
    body: { error: { message: 'tools param requires --jinja flag', type: 'server_error', code: 500, param: null } },
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, an unknown template',
    status: 500,
    body: {
      error: {
        message: 'The chat template that comes with this model is not yet supported, falling back to chatml.',
        type: 'server_error',
        code: 500,
        param: null,
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a picture that it cannot read',
    status: 500,
    body: { error: { message: 'Failed to load image or audio file', type: 'server_error', code: 500, param: null } },
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a long input for embeddings',
    status: 500,
    body: {
      error: {
        message: 'input is too large to process. increase the physical batch size (current batch size: 512)',
        type: 'server_error',
        code: 500,
        param: null,
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'llama.cpp server, a full context',
    status: 500,
    body: { error: { message: 'Context size has been exceeded.', type: 'server_error', code: 500, param: null } },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Ollama, a picture for a text model',
    status: 500,
    body: {
      error: {
        message:
          'Failed to create new sequence: failed to process inputs: this model is missing data required for image input',
        type: 'api_error',
        code: null,
        param: null,
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'LM Studio, no model',
    status: 404,
    body: {
      error: {
        message: 'No models loaded. Please load a model in the developer page or use the `lms load` command.',
        type: 'invalid_request_error',
        param: 'model',
        code: 'model_not_found',
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'LM Studio, a crash',
    status: 400,
    body: { error: 'The model has crashed without additional information. (Exit code: null)' },
    means: 'upstream_broken',
  },
  {
    server: 'LiteLLM, no deployment',
    status: 429,
    body: {
      error: {
        message: 'No deployments available for selected model, Try again in 5 seconds. Passed model=x.',
        type: 'None',
        code: '429',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
    retryAfter: 5,
  },
  {
    server: 'LiteLLM, a budget',
    status: 400,
    body: {
      error: {
        message: 'Budget has been exceeded! Current cost: 10, Max budget: 5',
        type: 'budget_exceeded',
        code: '400',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: "LiteLLM, a vendor's limit",
    status: 500,
    body: {
      error: {
        message: 'litellm.RateLimitError: RateLimitError: OpenAIException - Rate limit reached',
        type: null,
        code: '500',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'New API, no channel',
    status: 503,
    body: {
      error: {
        message: '当前分组 default 下对于模型 x 无可用渠道',
        type: 'new_api_error',
        code: 'model_not_found',
        param: '',
      },
    },
    means: 'upstream_refused',
  },
  {
    server: 'New API, no quota',
    status: 403,
    body: {
      error: { message: '用户额度不足, 剩余额度: $0.00', type: 'new_api_error', code: 'insufficient_user_quota' },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'One API',
    status: 429,
    body: { error: { message: '当前分组上游负载已饱和，请稍后再试', type: 'one_api_error', code: null } },
    means: 'model_busy',
  },
  {
    server: 'OpenRouter, a data policy',
    status: 404,
    body: { error: { message: 'No endpoints found matching your data policy (Free model publication).', code: 404 } },
    means: 'upstream_refused',
  },
  {
    server: 'OpenRouter, an unknown model',
    status: 400,
    body: { error: { message: 'x/y is not a valid model ID', code: 400 } },
    means: 'upstream_refused',
  },
  { server: 'Cloudflare 524', status: 524, body: '<html>', means: 'upstream_timeout' },
  { server: 'Cloudflare 522', status: 522, body: '<html>', means: 'upstream_timeout' },
  { server: 'Cloudflare 521', status: 521, body: '<html>', means: 'upstream_unavailable' },
  { server: 'Cloudflare 530', status: 530, body: 'error code: 1033', means: 'upstream_unavailable' },
  { server: 'nginx 499', status: 499, body: '', means: 'upstream_broken' },
  {
    server: 'xAI, moderation',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        'Content violates usage guidelines. Team: x, API key ID: y, Model: grok, Failed check: SAFETY_CHECK_TYPE_CSAM',
    },
    means: 'upstream_rejected',
  },
  {
    server: 'xAI, no credits',
    status: 403,
    body: {
      code: 'The caller does not have permission to execute the specified operation',
      error:
        "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai",
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Bedrock, a model that needs a profile',
    status: 400,
    body: {
      message:
        'Invocation of model ID anthropic.claude-x with on-demand throughput isn’t supported. Retry your request with the ID or ARN of an inference profile that contains this model.',
    },
    means: 'upstream_refused',
  },
  {
    server: 'Bedrock, an unknown model',
    status: 400,
    body: { message: 'The provided model identifier is invalid.' },
    means: 'upstream_refused',
  },
  {
    server: 'Bedrock, ModelErrorException',
    status: 424,
    body: { message: 'The model encountered an error.', originalStatusCode: 500 },
    means: 'upstream_broken',
  },
  {
    server: 'Gemini API, retry in words',
    status: 429,
    body: {
      error: {
        code: 429,
        message:
          'You exceeded your current quota, please check your plan and billing details. * Quota exceeded for metric: x, limit: 0. Please retry in 21.5s.',
        status: 'RESOURCE_EXHAUSTED',
      },
    },
    means: 'model_quota_exhausted',
    retryAfter: 22,
  },
  {
    server: 'Anthropic, output filter',
    status: 400,
    body: {
      type: 'error',
      error: { type: 'invalid_request_error', message: 'Output blocked by content filtering policy' },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'MiniMax, a wrong key',
    status: null,
    body: {
      choices: null,
      base_resp: { status_code: 1004, status_msg: 'login fail: Please carry the API secret key' },
    },
    means: 'upstream_refused',
  },
  {
    server: 'MiniMax, its limit',
    status: null,
    body: { base_resp: { status_code: 1002, status_msg: 'rate limit' } },
    means: 'model_quota_exhausted',
  },
  {
    server: 'MiniMax, no balance',
    status: null,
    body: { base_resp: { status_code: 1008, status_msg: 'insufficient balance' } },
    means: 'model_quota_exhausted',
  },
  {
    server: 'MiniMax, a wrong field',
    status: null,
    body: { base_resp: { status_code: 2013, status_msg: 'invalid params' } },
    means: 'upstream_rejected',
  },
  {
    server: 'MiniMax, moderation',
    status: null,
    body: { base_resp: { status_code: 1026, status_msg: 'input new_sensitive' } },
    means: 'upstream_rejected',
  },
  {
    server: 'Zhipu, an unknown model',
    status: 400,
    body: { error: { code: '1211', message: 'Unknown Model, please check the model code.' } },
    means: 'upstream_refused',
  },
  {
    server: 'Alibaba Model Studio, arrears',
    status: 400,
    body: {
      error: {
        message: 'Access denied, please make sure your account is in good standing.',
        type: 'Arrearage',
        code: 'Arrearage',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Moonshot, no balance',
    status: 403,
    body: {
      error: {
        message: 'Your account is suspended due to insufficient balance',
        type: 'exceeded_current_quota_error',
        code: null,
        param: null,
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Moonshot, thinking that is missing',
    status: 400,
    body: {
      error: {
        message: 'thinking is enabled but reasoning_content is missing in assistant tool call message at index 2',
        type: 'invalid_request_error',
        code: null,
        param: null,
      },
    },
    means: 'upstream_rejected',
  },
  {
    server: 'Volcengine, an overdue balance',
    status: 403,
    body: {
      error: {
        message: 'The request failed because your account has an overdue balance.',
        type: 'Forbidden',
        code: 'AccountOverdueError',
        param: null,
      },
    },
    means: 'model_quota_exhausted',
  },
  {
    server: 'SiliconFlow, no balance',
    status: 403,
    body: { code: 30001, message: 'Sorry, your account balance is insufficient', data: null },
    means: 'model_quota_exhausted',
  },
  {
    server: 'SiliconFlow',
    status: 503,
    body: { code: 50505, message: 'Model service overloaded. Please try again later.', data: null },
    means: 'model_busy',
  },
  {
    server: 'SiliconFlow, an unknown model',
    status: 400,
    body: { code: 20012, message: 'Model does not exist. Please check it carefully.', data: null },
    means: 'upstream_refused',
  },
  {
    server: 'SiliconFlow, a long prompt',
    status: 400,
    body: {
      code: 20015,
      message: 'length of prompt_tokens (40000) must be less than max_seq_len (32768).',
      data: null,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'Databricks',
    status: 400,
    body: { error_code: 'BAD_REQUEST', message: 'Invalid request' },
    means: 'upstream_rejected',
  },
  {
    server: 'Databricks, its limit',
    status: 429,
    body: { error_code: 'REQUEST_LIMIT_EXCEEDED', message: 'Exceeded workspace rate limit' },
    means: 'model_quota_exhausted',
  },
  {
    server: 'Cloudflare Workers AI, a wrong field',
    status: 400,
    body: {
      result: null,
      success: false,
      errors: [{ code: 5006, message: 'Error: oneOf at / not met' }],
      messages: [],
    },
    means: 'upstream_rejected',
  },
  {
    server: 'Cloudflare Workers AI',
    status: 429,
    body: {
      result: null,
      success: false,
      errors: [{ code: 3040, message: 'Capacity temporarily exceeded, please try again.' }],
      messages: [],
    },
    means: 'model_busy',
  },
  {
    server: 'GitHub Models, an unknown model',
    status: 400,
    body: { error: { message: 'Unknown model: x', type: null, code: 'unknown_model', param: null } },
    means: 'upstream_refused',
  },
  {
    server: 'SambaNova',
    status: 503,
    body: {
      error: { code: null, message: 'Unexpected internal error', param: null, type: 'unexpected_internal_error' },
    },
    means: 'upstream_unavailable',
  },
  {
    server: 'watsonx, an unknown model',
    status: 404,
    body: {
      errors: [{ code: 'model_not_supported', message: "Model 'x' is not supported for this environment" }],
      trace: 'x',
      status_code: 404,
    },
    means: 'upstream_refused',
  },
  {
    server: 'watsonx, a long prompt',
    status: 400,
    body: {
      errors: [
        {
          code: 'invalid_input_argument',
          message:
            'Invalid input argument for Model: the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model',
        },
      ],
      status_code: 400,
    },
    means: 'context_length_exceeded',
    param: 'messages',
  },
  {
    server: 'KoboldCpp',
    status: 503,
    body: { detail: { msg: 'Server is busy; please try again later.', type: 'service_unavailable' } },
    means: 'model_busy',
  },
  {
    server: 'Jan',
    status: 400,
    body: { message: 'Model has not been loaded, please load model into cortex.llamacpp' },
    means: 'upstream_refused',
  },
  {
    server: 'Ray Serve',
    status: 503,
    body: 'Request dropped due to backpressure (num_queued_requests=100, max_queued_requests=100).',
    means: 'model_busy',
  },
  { server: 'Triton', status: 503, body: { error: 'Exceeds maximum queue size' }, means: 'model_busy' },
  { server: 'llama-swap, while it loads', status: 503, body: { error: 'model is loading' }, means: 'model_loading' },
  {
    server: 'llama-swap',
    status: 400,
    body: { error: 'could not find real modelID for x' },
    means: 'upstream_refused',
  },
];
