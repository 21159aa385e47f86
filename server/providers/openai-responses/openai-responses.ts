import { z } from 'zod';
import type { ChatCompletion } from '../../../contracts/chat/completion.ts';
import { ChunkCollector } from '../../canonical/chunk-collector.ts';
import { areDistinct } from '../../canonical/distinct-ids.ts';
import type { Dialect } from '../dialect.ts';
import { vendorPolicy } from '../field-policy.ts';
import { pickFields } from '../pick-fields.ts';
import type { ProviderKind, Vendor } from '../provider-kind.ts';
import { nameRules } from '../tool-names.ts';
import { TranslatingProvider } from '../translating-provider.ts';
import { ResponseReader } from './read-events.ts';
import { type ReasoningSummary, toResponsesBody } from './to-request.ts';
import { ResponseBody, readAs } from './wire.ts';

/** Reads a whole answer as a stream that ended at once. */
function readAnswer(body: unknown, alias: string): ChatCompletion {
  const given = readAs(ResponseBody, body);
  // An answer that was not streamed is complete, unless it says otherwise.
  const response = { ...given, status: given.status || (given.incomplete_details ? 'incomplete' : 'completed') };
  const collector = new ChunkCollector();
  let said: object = {};
  for (const chunk of new ResponseReader(alias).end(response)) {
    collector.add(chunk);
    const native = chunk.choices[0]?.native_finish_reason;
    if (native !== undefined) said = { native_finish_reason: native };
  }
  const { completion } = collector;
  return {
    ...completion,
    created: Math.floor(response.created_at ?? completion.created),
    choices: completion.choices.map((choice) => ({ ...choice, ...said })),
    ...(response.service_tier ? { service_tier: response.service_tier } : {}),
  };
}

/** Whether no two items have the same id, or two calls the same. */
const haveDistinctIds = (output: readonly Record<string, unknown>[]): boolean =>
  ['id', 'call_id'].every((name) =>
    areDistinct(output.filter((item) => typeof item[name] === 'string').map((item) => `${item.type} ${item[name]}`)),
  );

/** What a client of this API depends on in a whole answer. */
const SoundResponse = z.looseObject({
  id: z.string().min(1),
  object: z.literal('response'),
  status: z.string().min(1),
  output: z.array(
    z.union([
      z.looseObject({
        type: z.literal('message'),
        content: z.array(
          z.union([
            z.looseObject({ type: z.literal('output_text'), text: z.string() }),
            z.looseObject({ type: z.string().refine((type) => type !== 'output_text') }),
          ]),
        ),
      }),
      z.looseObject({
        type: z.literal('function_call'),
        call_id: z.string().min(1),
        name: z.string().min(1),
        arguments: z.string().regex(/^\s*\{/),
      }),
      z.looseObject({ type: z.string().refine((type) => type !== 'message' && type !== 'function_call') }),
    ]),
  ),
  usage: z.looseObject({ input_tokens: z.int().min(0), output_tokens: z.int().min(0) }).nullish(),
});

export const responsesVendor: Vendor = {
  baseUrl: 'https://api.openai.com/v1',
  apiKeyEnv: 'OPENAI_API_KEY',
  // https://platform.openai.com/docs/api-reference/responses
  policy: vendorPolicy({ fields: ['reasoning'] }),
};

/** Fields of an entry of this kind beside those that every entry may have. */
export const responsesFields = {
  /** `none`: OpenAI refuses summaries of the reasoning to organizations that are not verified. */
  reasoning_summary: z.enum(['auto', 'concise', 'detailed', 'none']).optional(),
};

const OwnFields = z.object(responsesFields);

export const createResponsesProvider: ProviderKind['create'] = (id, settings, own) =>
  new TranslatingProvider(id, createOpenAiResponses(OwnFields.parse(own).reasoning_summary), settings);
const COUNTED = 'model input instructions tools tool_choice parallel_tool_calls reasoning text'.split(' ');

/** OpenAI's Responses API, the only way to models that its chat completions do not serve. */
function createOpenAiResponses(summary: ReasoningSummary = 'auto'): Dialect {
  return {
    kind: 'openai-responses',
    textAnswers: true,
    toolNames: nameRules.openai,
    headers: (apiKey): Record<string, string> => (apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
    toRequest: (request, model, stream) => ({
      path: '/responses',
      body: toResponsesBody(request, model, stream, summary),
    }),
    forwardVerbatim: ({ body, headers }, model, stream, maxTokens) => ({
      path: '/responses',
      body: { ...body, model, stream, ...(maxTokens === null ? {} : { max_output_tokens: maxTokens }) },
      headers: { ...headers },
    }),
    promptCount: {
      // https://platform.openai.com/docs/api-reference/responses/input-tokens
      toRequest: ({ body }) => ({ path: '/responses/input_tokens', body: pickFields(body, COUNTED) }),
      field: 'input_tokens',
    },
    readAnswer,
    isSound: (body) => {
      const { success, data } = SoundResponse.safeParse(body);
      return success && haveDistinctIds(data.output);
    },
    createReader: (alias, passes) => new ResponseReader(alias, passes),
    healthPath: '/models',
  };
}
