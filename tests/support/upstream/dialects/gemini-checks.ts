import { isObject, type JsonObject } from '../json.ts';
import type { Refusal } from './dialect.ts';
import { invalidArgument } from './gemini-refusals.ts';

/** The fields of each message of the API, as far as the gateway may use them. */
const FIELDS = {
  request: [
    'contents',
    'systemInstruction',
    'tools',
    'toolConfig',
    'generationConfig',
    'safetySettings',
    'cachedContent',
  ],
  content: ['role', 'parts'],
  part: ['text', 'thought', 'thoughtSignature', 'inlineData', 'mediaResolution', 'functionCall', 'functionResponse'],
  blob: ['mimeType', 'data'],
  functionCall: ['id', 'name', 'args'],
  functionResponse: ['id', 'name', 'response', 'parts'],
  tool: ['functionDeclarations'],
  declaration: ['name', 'description', 'parameters', 'parametersJsonSchema'],
  toolConfig: ['functionCallingConfig'],
  callingConfig: ['mode', 'allowedFunctionNames'],
  thinkingConfig: ['includeThoughts', 'thinkingBudget', 'thinkingLevel'],
  imageConfig: ['aspectRatio', 'imageSize'],
  safetySetting: ['category', 'threshold'],
  generationConfig: [
    'maxOutputTokens',
    'temperature',
    'topP',
    'topK',
    'stopSequences',
    'seed',
    'presencePenalty',
    'frequencyPenalty',
    'candidateCount',
    'responseLogprobs',
    'logprobs',
    'responseMimeType',
    'responseJsonSchema',
    'responseModalities',
    'imageConfig',
    'thinkingConfig',
  ],
} as const;

class Fault extends Error {}

const refuse = (message: string): never => {
  throw new Fault(message);
};

/** The object, once it holds no field that its message does not have. */
function read(value: unknown, kind: keyof typeof FIELDS, at: string): JsonObject {
  if (!isObject(value)) return refuse(`Invalid value at '${at}', expected an object.`);
  const fields: readonly string[] = FIELDS[kind];
  for (const key of Object.keys(value)) {
    if (!fields.includes(key)) {
      refuse(`Invalid JSON payload received. Unknown name "${key}" at '${at}': Cannot find field.`);
    }
  }
  return value;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function checkBlob(value: unknown, at: string): void {
  const { mimeType, data } = read(value, 'blob', at);
  if (typeof mimeType !== 'string' || !mimeType.includes('/')) refuse(`Unsupported MIME type at '${at}'`);
  if (typeof data !== 'string' || data.startsWith('data:')) refuse(`Invalid value at '${at}.data' (TYPE_BYTES)`);
}

function checkPart(value: unknown, at: string): JsonObject {
  const part = read(value, 'part', at);
  const kinds = ['text', 'inlineData', 'functionCall', 'functionResponse'].filter((kind) => part[kind] !== undefined);
  if (kinds.length !== 1) refuse(`${at}: required oneof field 'data' must have one initialized field`);
  if (part.inlineData) checkBlob(part.inlineData, `${at}.inline_data`);
  if (part.functionCall) {
    const { name, args } = read(part.functionCall, 'functionCall', `${at}.function_call`);
    if (typeof name !== 'string' || !isObject(args)) refuse(`Invalid value at '${at}.function_call'`);
  }
  if (part.functionResponse) {
    const given = read(part.functionResponse, 'functionResponse', `${at}.function_response`);
    if (!isObject(given.response)) refuse(`Invalid value at '${at}.function_response.response'`);
    for (const inner of listOf(given.parts)) checkBlob(isObject(inner) ? inner.inlineData : null, `${at}.parts`);
  }
  return part;
}

interface Turn {
  readonly role: unknown;
  readonly parts: readonly JsonObject[];
}

function checkTurn(value: unknown, at: string): Turn {
  const { role, parts } = read(value, 'content', at);
  if (role !== 'user' && role !== 'model') refuse('Please use a valid role: user, model.');
  if (listOf(parts).length === 0) refuse(`${at}.parts: contents.parts must not be empty.`);
  return { role, parts: listOf(parts).map((part, i) => checkPart(part, `${at}.parts[${i}]`)) };
}

const of = (turn: Turn | undefined, kind: 'functionCall' | 'functionResponse'): JsonObject[] =>
  (turn?.parts ?? []).flatMap((part) => (isObject(part[kind]) ? [part[kind]] : []));

/** Every call is answered in the very next turn, by its own name and id. */
function checkAnswered(turns: readonly Turn[]): void {
  for (const [i, turn] of turns.entries()) {
    const calls = of(turn, 'functionCall');
    const results = of(turns[i + 1], 'functionResponse');
    if (calls.length !== results.length) {
      refuse(
        'Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.',
      );
    }
    for (const { id, name } of results) {
      if (!calls.some((call) => call.name === name && call.id === id)) refuse(`No function call '${name}' ('${id}').`);
    }
  }
  if (of(turns[0], 'functionResponse').length > 0) refuse('A function response turn must follow a function call turn.');
}

/** The documented value for calls that another model made. */
const FOREIGN = 'skip_thought_signature_validator';
const keyOf = (call: JsonObject) => `${call.name} ${JSON.stringify(call.args ?? {})}`;

/** What one upstream signed, and no other: the real one reads it from the signature itself. */
export class SignedCalls {
  readonly #signed = new Map<string, Set<string>>();

  add(call: JsonObject, signature: string): void {
    this.#signed.set(keyOf(call), (this.#signed.get(keyOf(call)) ?? new Set()).add(signature));
  }

  get(call: JsonObject): ReadonlySet<string> | undefined {
    return this.#signed.get(keyOf(call));
  }
}

/** Since the user last spoke, the first call of each step brings back the signature that it had. */
function checkSignatures(turns: readonly Turn[], model: string, signed: SignedCalls): void {
  const start = turns.findLastIndex(
    ({ role, parts }) => role === 'user' && parts.some((part) => !part.functionResponse),
  );
  for (const { parts } of turns.slice(start + 1)) {
    const first = parts.find((part) => part.functionCall);
    if (!first || !isObject(first.functionCall)) continue;
    const { thoughtSignature: shown } = first;
    const given = signed.get(first.functionCall);
    const fits = given
      ? typeof shown === 'string' && given.has(shown)
      : shown === FOREIGN || (shown === undefined && /^gemini-[12]/.test(model));
    if (!fits)
      refuse(`Function call is missing a thought_signature in functionCall parts (${keyOf(first.functionCall)}).`);
  }
}

function checkTools(body: JsonObject): void {
  const names = listOf(body.tools).flatMap((tool, i) =>
    listOf(read(tool, 'tool', `tools[${i}]`).functionDeclarations).map((value) => {
      const declaration = read(value, 'declaration', `tools[${i}].function_declarations`);
      if (typeof declaration.name !== 'string') refuse('function_declarations: name is required');
      return declaration.name;
    }),
  );
  if (body.toolConfig === undefined) return;
  const { functionCallingConfig } = read(body.toolConfig, 'toolConfig', 'tool_config');
  const { mode, allowedFunctionNames } = read(functionCallingConfig, 'callingConfig', 'tool_config');
  if (!['AUTO', 'ANY', 'NONE', 'VALIDATED'].includes(String(mode))) refuse(`Invalid value at 'mode': "${mode}"`);
  for (const name of listOf(allowedFunctionNames)) {
    if (mode !== 'ANY' && mode !== 'VALIDATED') refuse('allowed_function_names needs the mode ANY or VALIDATED');
    if (!names.includes(name)) refuse(`allowed_function_names: '${name}' is not declared`);
  }
}

function checkConfig(value: unknown): void {
  if (value === undefined) return;
  const config = read(value, 'generationConfig', 'generation_config');
  if (config.imageConfig !== undefined) read(config.imageConfig, 'imageConfig', 'generation_config.image_config');
  if (config.responseJsonSchema && config.responseMimeType !== 'application/json') {
    refuse('responseJsonSchema needs the response mime type application/json.');
  }
  if (config.logprobs !== undefined && !config.responseLogprobs) refuse('logprobs needs responseLogprobs.');
  if (listOf(config.stopSequences).length > 5) refuse('There can be at most 5 stop sequences.');
  if (config.thinkingConfig === undefined) return;
  const thinking = read(config.thinkingConfig, 'thinkingConfig', 'generation_config.thinking_config');
  if (thinking.thinkingLevel !== undefined && thinking.thinkingBudget !== undefined) {
    refuse('You can only set one of thinking budget and thinking level.');
  }
}

/** What the API would refuse, in its words; null when it would take the request. */
export function checkRequest(json: unknown, model: string, signed: SignedCalls): Refusal | null {
  try {
    const body = read(json, 'request', 'request');
    if (listOf(body.contents).length === 0) refuse('* GenerateContentRequest.contents: contents is not specified');
    const turns = listOf(body.contents).map((content, i) => checkTurn(content, `contents[${i}]`));
    if (body.systemInstruction !== undefined) {
      const { parts } = read(body.systemInstruction, 'content', 'system_instruction');
      if (listOf(parts).some((part) => typeof checkPart(part, 'system_instruction').text !== 'string')) {
        refuse('system_instruction takes text only.');
      }
    }
    for (const setting of listOf(body.safetySettings)) read(setting, 'safetySetting', 'safety_settings');
    checkAnswered(turns);
    checkSignatures(turns, model, signed);
    checkTools(body);
    checkConfig(body.generationConfig);
    return null;
  } catch (error) {
    if (error instanceof Fault) return invalidArgument(error.message);
    throw error;
  }
}
