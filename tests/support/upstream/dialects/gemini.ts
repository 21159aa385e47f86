import { type Answer, finishOf, usageOf } from '../answer.ts';
import type { Asked } from '../asked.ts';
import { isObject, type JsonObject } from '../json.ts';
import type { Dialect, Received, StreamEvent } from './dialect.ts';
import { checkRequest, SignedCalls } from './gemini-checks.ts';
import { refusal } from './gemini-refusals.ts';

const CHAT = /^\/v1beta\/models\/([^:?]+):(generateContent|streamGenerateContent\?alt=sse)$/;

function read({ method, path, json }: Received): Asked | null {
  const [, model, how] = (method === 'POST' && CHAT.exec(path)) || [];
  if (model === undefined || how === undefined) return null;
  const config = isObject(json) && isObject(json.generationConfig) ? json.generationConfig : {};
  return {
    model: decodeURIComponent(model),
    stream: how !== 'generateContent',
    includeUsage: true,
    n: typeof config.candidateCount === 'number' ? config.candidateCount : 1,
    logprobs: config.responseLogprobs === true,
  };
}

const FINISH: Readonly<Record<string, string>> = {
  stop: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  content_filter: 'SAFETY',
};

function usage(answer: Answer): JsonObject {
  if (answer.tellUsage === 'never') return {};
  const { prompt, completion, cached, reasoning } = usageOf(answer);
  const usageMetadata = {
    promptTokenCount: prompt,
    candidatesTokenCount: completion - (reasoning ?? 0),
    totalTokenCount: prompt + completion,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: prompt }],
    ...(reasoning === undefined ? {} : { thoughtsTokenCount: reasoning }),
    ...(cached === undefined ? {} : { cachedContentTokenCount: cached }),
  };
  return { usageMetadata };
}

function toBlob(uri: string): JsonObject {
  const comma = uri.indexOf(',');
  return { mimeType: uri.slice('data:'.length, uri.indexOf(';')), data: uri.slice(comma + 1) };
}

/** The first call carries the signature; without calls the last part does. */
function callParts({ calls = [], signature }: Answer, signed: SignedCalls): JsonObject[] {
  return calls.map((call, i) => {
    const { id, name } = call;
    const functionCall = { ...(id === undefined ? {} : { id }), name, args: JSON.parse(call.pieces.join('')) };
    if (i > 0 || signature === undefined) return { functionCall };
    signed.add(functionCall, signature);
    return { functionCall, thoughtSignature: signature };
  });
}

const logprobsOf = (token: string): JsonObject => {
  const candidate = { token, tokenId: token.length, logProbability: -0.25 };
  return { chosenCandidates: [candidate], topCandidates: [{ candidates: [candidate] }] };
};

function ending(answer: Answer): JsonObject {
  if (answer.refusal !== undefined) return { finishReason: 'SAFETY', finishMessage: answer.refusal };
  const finish = finishOf(answer);
  return { finishReason: FINISH[finish] ?? finish };
}

const response = (answer: Answer, asked: Asked, candidates: JsonObject[]): JsonObject => ({
  candidates,
  ...usage(answer),
  modelVersion: asked.model,
  responseId: 'jQ0faYnzD9-lvdIPs4mJ0Aw',
  ...answer.extra,
});

const content = (parts: JsonObject[]) => ({ content: { parts, role: 'model' } });

/** Every event is a whole response with the parts that are new; a signature of the text comes last, on an empty part. */
function events(answer: Answer, asked: Asked, signed: SignedCalls): StreamEvent[] {
  const indexes = Array.from({ length: asked.n }, (_, index) => index);
  const list: StreamEvent[] = [];
  const push = (candidate: JsonObject, token: boolean) => {
    for (const index of indexes) list.push({ data: response(answer, asked, [{ ...candidate, index }]), token });
  };
  for (const text of answer.reasoning ?? []) push(content([{ text, thought: true }]), true);
  for (const text of answer.text ?? []) {
    push({ ...content([{ text }]), ...(asked.logprobs ? { logprobsResult: logprobsOf(text) } : {}) }, true);
  }
  for (const uri of answer.images ?? []) push(content([{ inlineData: toBlob(uri) }]), true);
  for (const part of callParts(answer, signed)) push(content([part]), true);
  const signature = answer.calls?.length ? undefined : answer.signature;
  const last = signature === undefined ? { text: '' } : { text: '', thoughtSignature: signature };
  push({ ...(answer.refusal === undefined ? content([last]) : {}), ...ending(answer) }, false);
  return list;
}

function body(answer: Answer, asked: Asked, signed: SignedCalls): JsonObject {
  const thoughts = (answer.reasoning ?? []).join('');
  const text = (answer.text ?? []).join('');
  const parts: JsonObject[] = [
    ...(thoughts === '' ? [] : [{ text: thoughts, thought: true }]),
    ...(text === '' ? [] : [{ text }]),
    ...(answer.images ?? []).map((uri) => ({ inlineData: toBlob(uri) })),
    ...callParts(answer, signed),
  ];
  const last = parts.at(-1);
  if (answer.signature !== undefined && !answer.calls?.length && last) last.thoughtSignature = answer.signature;
  const candidates = Array.from({ length: asked.n }, (_, index) => ({
    ...(parts.length > 0 ? content(parts) : {}),
    ...(asked.logprobs ? { logprobsResult: logprobsOf(text) } : {}),
    ...ending(answer),
    index,
  }));
  return response(answer, asked, candidates);
}

/** Google's Gemini API. Format: https://ai.google.dev/api/generate-content, v1beta. */
export function createGemini(): Dialect {
  const signed = new SignedCalls();
  return {
    name: 'gemini',
    basePath: '/v1beta',
    keyHeader: 'x-goog-api-key',
    read,
    check: ({ json }, { model }) => checkRequest(json, model, signed),
    endMark: null,
    headers: { server: 'scaffolding on HTTPServer2' },
    jsonType: 'application/json; charset=UTF-8',
    streamType: 'text/event-stream',
    body: (answer, asked) => body(answer, asked, signed),
    events: (answer, asked) => events(answer, asked, signed),
    refusal,
    midStream: () => ({
      event: { data: { error: { code: 500, message: 'An internal error has occurred.', status: 'INTERNAL' } } },
      done: false,
    }),
    models: (names) => ({
      models: names.map((name) => ({
        name: `models/${name}`,
        version: '001',
        displayName: name,
        inputTokenLimit: 1048576,
        outputTokenLimit: 65536,
        supportedGenerationMethods: ['generateContent', 'countTokens'],
        thinking: true,
      })),
    }),
    paths: {},
  };
}
