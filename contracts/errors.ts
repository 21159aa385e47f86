import { z } from 'zod';
import { listOf } from './schemas/list-of.ts';

/** What kind of failure an error is; the same seven on every surface. */
const ErrorType = z.enum([
  'invalid_request_error',
  'authentication_error',
  'permission_denied',
  'not_found',
  'rate_limit_exceeded',
  'upstream_error',
  'internal_error',
]);
type ErrorType = z.infer<typeof ErrorType>;

/** The codes of tRPC that the gateway uses. */
type TrpcCode =
  | 'BAD_GATEWAY'
  | 'BAD_REQUEST'
  | 'CLIENT_CLOSED_REQUEST'
  | 'CONFLICT'
  | 'FORBIDDEN'
  | 'GATEWAY_TIMEOUT'
  | 'INTERNAL_SERVER_ERROR'
  | 'METHOD_NOT_SUPPORTED'
  | 'NOT_FOUND'
  | 'PAYLOAD_TOO_LARGE'
  | 'PAYMENT_REQUIRED'
  | 'SERVICE_UNAVAILABLE'
  | 'TIMEOUT'
  | 'TOO_MANY_REQUESTS'
  | 'UNAUTHORIZED'
  | 'UNPROCESSABLE_CONTENT'
  | 'UNSUPPORTED_MEDIA_TYPE';

/** How the dispatcher treats a backend after this failure. */
interface Failover {
  /**
   * Whether the same backend may do better within seconds: a wrong key or minutes of silence will not, and a quota only
   * when the upstream says how soon.
   */
  readonly sameBackend: 'always' | 'when-told' | 'never';
  /** Whether the failure says that the backend is down, so that its circuit counts it. */
  readonly countsAgainstBackend: boolean;
}

export interface ErrorRow {
  /** The HTTP status. */
  readonly status: number;
  /** What tRPC clients see as `data.code`. */
  readonly trpc: TrpcCode;
  readonly type: ErrorType;
  readonly title: string;
  readonly description: string;
  readonly remediation: string;
  readonly typicalParam?: string;
  /**
   * Which requests can be answered so whatever they ask for: each, each with a body, or each with a key. Absent: it depends
   * on the operation.
   */
  readonly answers?: 'any' | 'body' | 'key';
  /** Present when another backend may answer the request. Absent: the fault is the client's or our own. */
  readonly failover?: Failover;
  /** Seconds that `Retry-After` gives when nobody knows better. */
  readonly retryAfter?: number;
  /** `x-should-retry`, for a status that OpenAI's clients would otherwise retry by themselves, or would not. */
  readonly shouldRetry?: boolean;
}

/**
 * The error catalog: every code that the gateway can answer, on every surface. `/errors`, the OpenAPI responses, the
 * anchors of `/docs/errors` and the typed client all read these rows. A code is never renamed and never given a second
 * meaning.
 */
export const errorCatalog = {
  missing_authorization: {
    status: 401,
    trpc: 'UNAUTHORIZED',
    type: 'authentication_error',
    answers: 'key',
    title: 'No key was sent',
    description: 'The request has no Authorization header, and this address needs one.',
    remediation: 'Send `Authorization: Bearer <key>` (or `x-api-key: <key>`).',
    typicalParam: 'Authorization',
  },
  invalid_authorization: {
    status: 401,
    trpc: 'UNAUTHORIZED',
    type: 'authentication_error',
    answers: 'key',
    title: 'The key is not valid',
    description: 'The Authorization header is malformed, or the key in it is not known here.',
    remediation: 'Check the key for missing characters, and that it belongs to this gateway.',
    typicalParam: 'Authorization',
  },
  permission_denied: {
    status: 403,
    trpc: 'FORBIDDEN',
    type: 'permission_denied',
    title: 'The key is not allowed to do this',
    description: 'The key is valid, but it is not allowed to use this operation.',
    remediation: "Use a key that has the right, such as the administrator's bearer.",
  },
  insufficient_balance: {
    status: 402,
    trpc: 'PAYMENT_REQUIRED',
    type: 'permission_denied',
    title: 'The balance is too low',
    description:
      "The available balance of the key's owner does not cover the request. Money that is reserved for running requests is not available.",
    remediation: 'Ask the operator for a top-up, ask for a shorter answer (`max_tokens`), or choose a cheaper model.',
    shouldRetry: false,
  },
  key_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'No such key',
    description: 'There is no key with this id, or it was revoked and cannot be changed any more.',
    remediation: 'List the keys with `GET /api/keys`.',
    typicalParam: 'key_id',
  },
  budget_exhausted: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    type: 'rate_limit_exceeded',
    title: 'The budget of the key or of the end user is used up',
    description:
      'The key, or the end user that the request names (`param`), has a budget for a day or a month (of UTC), and the request could exceed it.',
    remediation: 'Wait for `Retry-After`, when the next day or month begins, or ask the operator for a larger budget.',
    shouldRetry: false,
  },
  rate_limit_exceeded: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    type: 'rate_limit_exceeded',
    answers: 'key',
    title: 'Too many requests',
    description:
      'The key or the address has reached one of its limits: of requests, tokens, bytes, websockets, or wrong keys.',
    remediation: 'Wait for the number of seconds in `Retry-After`, then try again.',
  },
  model_quota_exhausted: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    type: 'rate_limit_exceeded',
    title: "The model's quota is exhausted",
    description: 'The provider behind the model refuses further requests for now (its own rate limit or quota).',
    remediation: 'Wait for `Retry-After`, or choose another model.',
    typicalParam: 'model',
    failover: { sameBackend: 'when-told', countsAgainstBackend: false },
    retryAfter: 10,
  },
  body_too_large: {
    status: 413,
    trpc: 'PAYLOAD_TOO_LARGE',
    type: 'invalid_request_error',
    answers: 'body',
    title: 'The body is too large',
    description: 'The request body exceeds the limit (`MAX_BODY_BYTES`, 32 MB by default).',
    remediation: 'Send fewer or smaller images, or raise the limit.',
  },
  unsupported_media_type: {
    status: 415,
    trpc: 'UNSUPPORTED_MEDIA_TYPE',
    type: 'invalid_request_error',
    answers: 'body',
    title: 'The content type is not supported',
    description:
      'This endpoint does not accept the content type or the content encoding (`Content-Encoding`) of the body.',
    remediation:
      'Send `Content-Type: application/json`, or `multipart/form-data` where files are uploaded. You can compress JSON with `gzip`, `deflate` or `br`, and with `zstd` where the gateway runs on Node.js 22.15 or later. Forms cannot be compressed.',
    typicalParam: 'Content-Type',
  },
  method_not_allowed: {
    status: 405,
    trpc: 'METHOD_NOT_SUPPORTED',
    type: 'invalid_request_error',
    title: 'The method is not allowed',
    description: 'The address exists, but not for this HTTP method.',
    remediation: 'Use one of the methods in the `Allow` header.',
  },
  route_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'No such address',
    description: 'Nothing is served at this path.',
    remediation: 'See `/openapi` for every path; base URLs end in `/v1`.',
  },
  malformed_request: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    answers: 'any',
    title: 'The request is not HTTP',
    description: 'What was sent cannot be read as an HTTP request: a header or a length is malformed.',
    remediation: 'Send the request with an HTTP client. Behind a proxy, check how the proxy changes the headers.',
  },
  invalid_message: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The message does not follow the protocol',
    description: "A message on a websocket does not follow tRPC's protocol, or comes at the wrong time.",
    remediation: 'Correct the message as the error says; see `/docs/trpc`.',
    typicalParam: 'method',
  },
  too_many_calls: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'One message has too many calls',
    description: 'A tRPC message on a websocket, or a batch over HTTP, has more calls than `TRPC_CALLS` allows.',
    remediation: 'Send the calls in several messages or batches.',
  },
  headers_too_large: {
    status: 431,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    answers: 'any',
    title: 'The headers are too large',
    description:
      'The address and the headers of the request together exceed 16 KB, or there are more than 100 headers.',
    remediation: 'Send large data in the body.',
  },
  request_timeout: {
    status: 408,
    trpc: 'TIMEOUT',
    type: 'invalid_request_error',
    answers: 'any',
    title: 'The request did not arrive',
    description:
      'The head of the request did not arrive in time (`HEADERS_TIMEOUT_SECONDS`, 20 by default), or its body stopped arriving (`BODY_STALL_SECONDS`, 20 by default) or came too slowly (`MIN_BYTES_PER_SECOND`, 1,024 by default).',
    remediation: 'Try again over a better connection; the gateway closes this one.',
  },
  invalid_json: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    answers: 'body',
    title: 'The body is not JSON',
    description: 'The request body is empty, is not valid JSON, or is not a JSON object.',
    remediation: 'Check quoting and commas; shells often eat quotes.',
  },
  body_too_complex: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    answers: 'body',
    title: 'The body has too many values',
    description:
      'The body has more than 100,000 names, texts, objects and lists (`MAX_BODY_VALUES`), more than five times as many values in all, more than 128 levels, an object with more than 10,000 names, a name or number of more than 16 KB, or it came in more than 20,000 very small chunks.',
    remediation: 'Send long lists in several requests, and long data as one text.',
  },
  missing_field: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'A field is missing',
    description: 'A required field is not in the request; `param` names it.',
    remediation: 'Add the field.',
    typicalParam: 'messages',
  },
  invalid_field: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'A field is not valid',
    description: 'A field has the wrong type or a value outside its range; `param` names it.',
    remediation: 'Correct the field as the message says.',
    typicalParam: 'temperature',
  },
  model_not_in_allowlist: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The model is not known here',
    description: 'No model of this gateway has the requested alias.',
    remediation: 'List the aliases with `GET /v1/info` or `GET /v1/models`.',
    typicalParam: 'model',
  },
  model_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'The model does not exist for this key',
    description: 'The requested alias is not available to this key.',
    remediation: 'List the aliases with `GET /v1/models`.',
    typicalParam: 'model',
  },
  max_tokens_below_minimum: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'max_tokens is too low',
    description: 'The upstream refused the request even with the smallest max_tokens that the model is known to take.',
    remediation: 'Raise `max_tokens`; reasoning models need 200 or more.',
    typicalParam: 'max_tokens',
  },
  context_length_exceeded: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The context window is exceeded',
    description: 'The prompt and the requested answer do not fit the context window of the model.',
    remediation: 'Shorten or compact the messages, or choose a model with a larger window.',
    typicalParam: 'messages',
  },
  image_url_not_supported: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'URLs are not fetched',
    description: 'An image, or other content, was given as a URL. Neither the gateway nor its upstreams fetch URLs.',
    remediation: 'Encode the image as a base64 data URI: `data:image/jpeg;base64,…`.',
    typicalParam: 'messages[0].content[1].image_url.url',
  },
  image_decode_error: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The image cannot be decoded',
    description: 'The data URI of an image is malformed.',
    remediation: 'Send `data:image/<type>;base64,` followed by standard base64, without line breaks.',
    typicalParam: 'messages[0].content[1].image_url.url',
  },
  endpoint_not_supported: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The model does not serve this endpoint',
    description:
      'The alias is known, but it does not serve this endpoint. For example, an embedding model serves no chats.',
    remediation: 'See `endpoints` of the model in `GET /v1/info` and choose another one.',
    typicalParam: 'model',
  },
  modality_not_supported: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The model does not support this input or output',
    description:
      'The request has an image, audio or video that the model does not accept, or asks for images that the model does not make.',
    remediation: 'See `modalities` of the model in `GET /v1/info` and choose another one.',
    typicalParam: 'messages[0].content[1]',
  },
  tools_not_supported: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The model does not support tools',
    description: 'Tools were sent to a model whose `constraints.tools` is false.',
    remediation: 'Leave `tools` out, or choose a chat model.',
    typicalParam: 'tools',
  },
  upstream_rejected: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The upstream rejected the request',
    description: 'The model server says that the request is not valid. The message comes from the model server.',
    remediation: 'Correct the request as the message says.',
  },
  conversation_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'No such conversation',
    description: 'The conversation does not exist, was deleted, or belongs to somebody else.',
    remediation: 'Start a new one by leaving `conversation_id` out.',
    typicalParam: 'conversation_id',
  },
  message_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'No such message',
    description: 'The conversation has no message of this id, or it was deleted.',
    remediation: 'List the messages with GET /c1/conversations/{id}?view=tree.',
    typicalParam: 'parent_message_id',
  },
  idempotency_mismatch: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    type: 'invalid_request_error',
    title: 'The idempotency key belongs to another request',
    description: 'Another request with this idempotency key was sent before. A key is kept for `IDEMPOTENCY_HOURS`.',
    remediation: 'Send a new key with each new request. A retry must be the same request, with the same key.',
    typicalParam: 'Idempotency-Key',
  },
  idempotency_not_kept: {
    status: 410,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'The answer was not kept',
    description:
      'The request with this idempotency key was answered and billed, and its answer was larger than what is kept for retries (`IDEMPOTENCY_MAX_BYTES`).',
    remediation: 'Send the request with a new key. It is then answered and billed again.',
    typicalParam: 'Idempotency-Key',
  },
  idempotency_in_progress: {
    status: 409,
    trpc: 'CONFLICT',
    type: 'invalid_request_error',
    title: 'The same request is being answered',
    description: 'A request with this idempotency key is being answered, and this process cannot follow its answer.',
    remediation: 'Wait for `Retry-After`, then send the same request with the same key again.',
    typicalParam: 'Idempotency-Key',
    retryAfter: 1,
  },
  conversation_busy: {
    status: 409,
    trpc: 'CONFLICT',
    type: 'invalid_request_error',
    title: 'The conversation is answering another turn',
    description: 'Two turns were sent to one conversation at once; the first one is still being answered.',
    remediation: 'Wait for the first answer, then send the turn again.',
    typicalParam: 'conversation_id',
  },
  import_in_progress: {
    status: 409,
    trpc: 'CONFLICT',
    type: 'invalid_request_error',
    title: 'An import is in progress',
    description: 'This account is already importing a file of conversations, and can import one at a time.',
    remediation: 'Wait for the first import, then send the file again. No conversation is imported twice.',
  },
  response_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'No such response',
    description: 'The stored response or item does not exist, was deleted, or was never stored (`store: false`).',
    remediation: 'Send the whole input instead of its id, or do not set `store` to false.',
    typicalParam: 'previous_response_id',
  },
  stream_not_resumable: {
    status: 409,
    trpc: 'CONFLICT',
    type: 'invalid_request_error',
    title: 'The stream cannot be continued',
    description:
      'A subscription was sent again after its connection was lost, and the gateway no longer has its events.',
    remediation: 'Read the stored answer in the conversation, or send the request again without `lastEventId`.',
    typicalParam: 'lastEventId',
  },
  previous_response_not_found: {
    status: 400,
    trpc: 'BAD_REQUEST',
    type: 'invalid_request_error',
    title: 'The previous response is not known',
    description:
      'On the websocket of `/v1/responses`, `previous_response_id` names a response that is not stored and that this connection does not remember.',
    remediation: 'Send the whole conversation as `input`, without `previous_response_id`.',
    typicalParam: 'previous_response_id',
  },
  websocket_stream_limit_reached: {
    status: 429,
    trpc: 'TOO_MANY_REQUESTS',
    type: 'rate_limit_exceeded',
    title: 'Too many streams on one websocket',
    description:
      'A websocket of `/v1/responses` has reached its limit of requests in progress, or of different stream ids.',
    remediation: 'Wait for an answer, use a `stream_id` again, or open another websocket.',
    typicalParam: 'stream_id',
  },
  run_not_found: {
    status: 404,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'No such run',
    description: 'The run does not exist, its conversation was deleted, or it belongs to somebody else.',
    remediation: 'Use the id from `x-run-id`, and send the `user_id` of the turn.',
    typicalParam: 'run_id',
  },
  run_log_expired: {
    status: 410,
    trpc: 'NOT_FOUND',
    type: 'not_found',
    title: 'The events of the run are no longer kept',
    description:
      'The run has ended, and the time for which its events are kept is over (`RUN_LOG_HOURS`, 24 by default).',
    remediation: 'Read the conversation: `GET /c1/conversations/{conversation_id}` has the whole answer.',
    typicalParam: 'run_id',
  },
  run_cancelled: {
    status: 499,
    trpc: 'CLIENT_CLOSED_REQUEST',
    type: 'invalid_request_error',
    title: 'The run was cancelled',
    description: 'Somebody cancelled the run before its answer was complete. The part until then is kept.',
    remediation: 'Send the turn again if you still want the answer.',
  },
  run_interrupted: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'internal_error',
    title: 'The gateway stopped during the answer',
    description: 'The process that made the answer has ended. The answer is kept up to one second before that.',
    remediation:
      'Discard the events after `last_event` of the run, and send the turn again if you want a complete answer.',
  },
  run_limit_exceeded: {
    status: 504,
    trpc: 'GATEWAY_TIMEOUT',
    type: 'internal_error',
    title: 'The run exceeded its limit',
    description:
      'The answer took longer than `RUN_MAX_SECONDS` (3,600 by default), or is larger than `RUN_MAX_BYTES` (64 MB).',
    remediation: 'Ask for a shorter answer, or raise the limit. The part until then is kept.',
    shouldRetry: false,
  },
  no_backend: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'upstream_error',
    title: 'No backend serves this model',
    description: 'The alias is known, but no provider that could serve it is configured.',
    remediation: 'Configure a key or a models file; the message names what is missing.',
    typicalParam: 'model',
  },
  client_disconnected: {
    status: 499,
    trpc: 'CLIENT_CLOSED_REQUEST',
    type: 'invalid_request_error',
    title: 'The client closed its connection',
    description: 'The client closed its connection before the answer was complete, so the gateway stopped the request.',
    remediation: 'Keep the connection open until the answer ends, and raise the time-out of the client.',
  },
  upstream_unavailable: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'upstream_error',
    title: 'The upstream is not available',
    description: 'The model server cannot be reached, or says that it is not available.',
    remediation: 'Try again with exponential backoff; see `/readyz` for the state of each backend.',
    failover: { sameBackend: 'always', countsAgainstBackend: true },
  },
  model_loading: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'upstream_error',
    title: 'The model is being loaded',
    description: 'The model server is up and still loads the model, and no other backend can answer.',
    remediation: 'Wait for `Retry-After`, or send the request as a stream: a stream waits until the model is loaded.',
    typicalParam: 'model',
    failover: { sameBackend: 'when-told', countsAgainstBackend: false },
    retryAfter: 5,
  },
  model_busy: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'upstream_error',
    title: 'The model is busy',
    description:
      'The queue of the model server is full or the server says that it is overloaded, and no other backend can answer.',
    remediation: 'Wait for `Retry-After`, or send the request as a stream: a stream waits for its turn.',
    typicalParam: 'model',
    failover: { sameBackend: 'when-told', countsAgainstBackend: false },
    retryAfter: 2,
  },
  upstream_timeout: {
    status: 504,
    trpc: 'GATEWAY_TIMEOUT',
    type: 'upstream_error',
    title: 'The upstream timed out',
    description: 'The model server did not answer, or fell silent, for longer than the limit.',
    remediation: 'Try again; image models need a client time-out of 240 s or more.',
    failover: { sameBackend: 'never', countsAgainstBackend: true },
  },
  upstream_refused: {
    status: 502,
    trpc: 'BAD_GATEWAY',
    type: 'upstream_error',
    title: 'The upstream refused the gateway',
    description: "The model server did not accept the gateway's own key or does not know the configured model.",
    remediation: 'The operator should check the key and the model name of this backend.',
    failover: { sameBackend: 'never', countsAgainstBackend: true },
  },
  upstream_broken: {
    status: 502,
    trpc: 'BAD_GATEWAY',
    type: 'upstream_error',
    title: 'The upstream failed during its answer',
    description: 'The model server failed, ended its answer half-way, or sent something that is not an answer.',
    remediation: 'Try again; text that was received before the failure is incomplete.',
    failover: { sameBackend: 'always', countsAgainstBackend: true },
  },
  models_file_rejected: {
    status: 422,
    trpc: 'UNPROCESSABLE_CONTENT',
    type: 'invalid_request_error',
    title: 'The models file is not valid',
    description:
      'The models file, or a key file that it names, cannot be used, so the gateway keeps the models that it has.',
    remediation: 'Correct what the message names, and reload again.',
  },
  models_file_changed: {
    status: 409,
    trpc: 'CONFLICT',
    type: 'invalid_request_error',
    title: 'The models file was changed',
    description: 'Somebody else wrote the models file after you read it, so your text would undo their change.',
    remediation: 'Read the file again, and make your change in it.',
    typicalParam: 'version',
  },
  models_file_not_editable: {
    status: 403,
    trpc: 'FORBIDDEN',
    type: 'permission_denied',
    title: 'The models file cannot be edited through the API',
    description:
      'The gateway has no models file of its own, may not write it, or `CONSOLE_EDITS_MODELS` does not allow it.',
    remediation: 'Edit the file on its machine, or set `CONSOLE_EDITS_MODELS=on` there.',
  },
  conversations_not_shown: {
    status: 403,
    trpc: 'FORBIDDEN',
    type: 'permission_denied',
    title: 'The conversations of others are not shown',
    description:
      'The administrator can read the conversations of other owners only where `ADMIN_READS_CONVERSATIONS` allows it, and it is off.',
    remediation: 'Use a key of the owner, or set `ADMIN_READS_CONVERSATIONS=on` where the gateway is started.',
  },
  overloaded: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'internal_error',
    title: 'The gateway is overloaded',
    description:
      'The gateway has reached its limit of running requests or of memory, or its event loop is late, so it takes no new requests.',
    remediation: 'Wait for the number of seconds in `Retry-After`, then try again with exponential backoff.',
  },
  service_unavailable: {
    status: 503,
    trpc: 'SERVICE_UNAVAILABLE',
    type: 'internal_error',
    title: 'The gateway is not ready',
    description: 'A part that the gateway needs (its database) does not answer, or the gateway is shutting down.',
    remediation: 'Try again shortly; see `/readyz`.',
  },
  internal_error: {
    status: 500,
    trpc: 'INTERNAL_SERVER_ERROR',
    type: 'internal_error',
    answers: 'any',
    title: 'Internal error',
    description: 'An unexpected failure in the gateway; the log has the details under the request id.',
    remediation: 'Try again. If the error stays, report the `x-request-id`.',
  },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorCatalog;

/** All that is known of a code, with the fields that only some rows have. */
export const errorRow = (code: ErrorCode): ErrorRow => errorCatalog[code];

export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalog, code);

/** The codes as a tuple, for schemas that list them. */
export const errorCodes = Object.keys(errorCatalog) as [ErrorCode, ...ErrorCode[]];

/** The body of every error, on every path: OpenAI's envelope. */
export const ErrorBody = z
  .object({
    error: z.object({
      type: ErrorType,
      code: z.enum(errorCodes).describe('Stable; see `GET /errors`.'),
      message: z.string().describe('A message for people. It may change.'),
      param: z
        .string()
        .nullable()
        .describe('The field at fault, such as `messages[0].content[1].image_url.url`, or null.'),
    }),
  })
  .meta({ id: 'ErrorBody' });
export type ErrorBody = z.infer<typeof ErrorBody>;

/** `GET /errors`: the catalog, for machines. */
export const ErrorList = z
  .object({
    entries: listOf(
      z.object({
        code: z.enum(errorCodes),
        type: ErrorType,
        http_status: z.int(),
        title: z.string(),
        description: z.string(),
        remediation: z.string(),
        typical_param: z.string().nullable(),
      }),
    ),
  })
  .meta({ id: 'ErrorList' });
export type ErrorList = z.infer<typeof ErrorList>;
