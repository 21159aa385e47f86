import { type Answer, callId, logprobOf } from '../answer.ts';
import type { Asked } from '../asked.ts';
import { isObject, type JsonObject } from '../json.ts';

/** What a request asks for that decides the shape of the answer. */
interface Wanted {
  readonly summary: boolean;
  readonly encrypted: boolean;
  readonly customTools: ReadonlySet<string>;
}

function wantedOf({ body = {} }: Asked): Wanted {
  const { include, reasoning, tools } = body;
  const list: unknown[] = Array.isArray(tools) ? tools : [];
  return {
    summary: isObject(reasoning) && typeof reasoning.summary === 'string',
    encrypted: Array.isArray(include) && include.includes('reasoning.encrypted_content'),
    customTools: new Set(list.flatMap((tool) => (isObject(tool) && tool.type === 'custom' ? [String(tool.name)] : []))),
  };
}

/** One output item with what its stream needs beyond it. */
export interface ScriptedItem {
  readonly item: JsonObject;
  /** The pieces of the text, the arguments, or the input. */
  readonly pieces: readonly string[];
  /** The pieces of the summary or of the reasoning text, by part. */
  readonly parts: readonly (readonly string[])[];
}

/** A token that is an empty line begins another part of the summary. */
function splitParts(tokens: readonly string[]): string[][] {
  const parts: string[][] = [[]];
  for (const token of tokens) {
    if (token === '\n\n') parts.push([]);
    else parts.at(-1)?.push(token);
  }
  return parts;
}

function reasoningItem(answer: Answer, wanted: Wanted): ScriptedItem[] {
  const { reasoning, signature, reasoningField } = answer;
  if (!reasoning && signature === undefined) return [];
  // Open weights show their reasoning itself; OpenAI shows a summary, to those who asked for one.
  const raw = reasoningField === 'reasoning_content';
  const parts = raw || wanted.summary ? splitParts(reasoning ?? []).filter((part) => part.length > 0) : [];
  const texts = parts.map((part) => part.join(''));
  const item = {
    id: 'rs_68f1a2b3c4d5e6f7',
    type: 'reasoning',
    summary: raw ? [] : texts.map((text) => ({ type: 'summary_text', text })),
    ...(raw ? { content: texts.map((text) => ({ type: 'reasoning_text', text })) } : {}),
    ...(wanted.encrypted && !raw ? { encrypted_content: signature ?? 'gAAAAABencrypted' } : {}),
  };
  return [{ item, pieces: [], parts }];
}

function messageItem(answer: Answer, asked: Asked): ScriptedItem[] {
  const { text, refusal } = answer;
  if (!text && refusal === undefined) return [];
  const said = refusal === undefined ? (text ?? []).join('') : refusal;
  const logprobs = asked.logprobs ? (text ?? []).map(logprobOf) : [];
  const part =
    refusal === undefined
      ? { type: 'output_text', text: said, annotations: [], logprobs }
      : { type: 'refusal', refusal: said };
  const item = { id: 'msg_68f1a2b3c4d5e6f7', type: 'message', role: 'assistant', status: 'completed', content: [part] };
  return [{ item, pieces: refusal === undefined ? (text ?? []) : [refusal], parts: [] }];
}

function imageItems(answer: Answer): ScriptedItem[] {
  return (answer.images ?? []).map((uri, i) => {
    const format = /^data:image\/([a-z]+);/.exec(uri)?.[1] ?? 'png';
    const result = uri.slice(uri.indexOf(',') + 1);
    const item = {
      id: `ig_${i + 1}`,
      type: 'image_generation_call',
      status: 'completed',
      result,
      output_format: format,
    };
    return { item, pieces: [], parts: [] };
  });
}

function callItems(answer: Answer, { customTools }: Wanted): ScriptedItem[] {
  return (answer.calls ?? []).map((call, position) => {
    const said = call.pieces.join('');
    const named = { call_id: callId(call, position, 'call_'), name: call.name };
    const item = customTools.has(call.name)
      ? { id: `ctc_${position + 1}`, type: 'custom_tool_call', status: 'completed', ...named, input: said }
      : { id: `fc_${position + 1}`, type: 'function_call', status: 'completed', ...named, arguments: said };
    return { item, pieces: call.pieces, parts: [] };
  });
}

/** What the scripted model says, as output items in the vendor's order. */
export function itemsOf(answer: Answer, asked: Asked): ScriptedItem[] {
  const wanted = wantedOf(asked);
  return [
    ...reasoningItem(answer, wanted),
    ...imageItems(answer),
    ...messageItem(answer, asked),
    ...callItems(answer, wanted),
  ];
}
