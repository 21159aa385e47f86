import type { ChatCompletionRequest } from '../../../contracts/chat/completion.ts';
import { dropUnsupported, toApplied } from '../../canonical/drop-unsupported.ts';
import { invalidField } from '../../errors/invalid-field.ts';
import type { ProviderCall } from '../provider.ts';
import { nameRules, ToolNames } from '../tool-names.ts';
import { adaptMessages } from './adapt-messages.ts';
import type { Quirks } from './quirks.ts';

type Changes = Readonly<Record<string, unknown>>;
type Fields = ChatCompletionRequest;

/** A request that was adapted to the quirks of an upstream. */
interface AdaptedRequest {
  /** The changes to the request, beside the call's own changes. */
  readonly changes: Changes;
  /** The changes that the client sees in `x-gateway-applied`. */
  readonly applied: readonly string[];
  /** Maps the names of tools back in the answer. Null: they are the client's own. */
  readonly names: ToolNames | null;
}

export type RequestAdapter = (call: ProviderCall) => AdaptedRequest;

function rename(fields: Fields, names: NonNullable<Quirks['rename']>, out: Record<string, unknown>): void {
  for (const [from, to] of Object.entries(names)) {
    const value = fields[from];
    if (value === undefined) continue;
    if (value !== null && fields[to] != null && fields[to] !== value) {
      throw invalidField(from, `'${from}' and '${to}' are one setting of this model's upstream; give one of them.`);
    }
    out[from] = undefined;
    if (value !== null) out[to] = value;
  }
}

function refuse(fields: Fields, ignored: NonNullable<Quirks['refuse']>): void {
  for (const [field, harmless] of Object.entries(ignored)) {
    const value = fields[field];
    if (value == null || harmless.includes(value)) continue;
    // Some clients always send this field.
    if (field === 'parallel_tool_calls' && !fields.tools?.length) continue;
    throw invalidField(field, `The upstream of this model would ignore '${field}'.`);
  }
}

/** The name of the function in a `tool_choice`; null for every other kind of object. */
function namedFunction(choice: object): string | null {
  if (!('type' in choice) || choice.type !== 'function' || !('function' in choice)) return null;
  const { function: named } = choice;
  return typeof named === 'object' && named && 'name' in named && typeof named.name === 'string' ? named.name : null;
}

function chooseTools(fields: Fields, rules: NonNullable<Quirks['toolChoice']>, out: Record<string, unknown>): void {
  const { tool_choice: choice, tools } = fields;
  if (choice == null || choice === 'auto') return;
  if (choice === 'none') {
    if (rules.none) Object.assign(out, { tools: undefined, tool_choice: undefined });
    return;
  }
  if (choice === 'required') {
    if (rules.required)
      throw invalidField('tool_choice', 'The upstream of this model does not support a required tool call.');
    return;
  }
  if (!rules.named) return;
  const name = namedFunction(choice);
  const only = name === null ? [] : (tools ?? []).filter((tool) => tool.function?.name === name);
  if (rules.named === 'refuse' || name === null) {
    throw invalidField('tool_choice', 'The upstream of this model does not support the choice of one tool.');
  }
  if (only.length === 0) throw invalidField('tool_choice.function.name', `No tool is named '${name}'.`);
  Object.assign(out, { tools: only, tool_choice: 'required' });
}

/** The fields of `left` that differ from `given`. A dropped field is `undefined`, which removes it from the request. */
const withoutDropped = (given: Fields, left: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.keys(given).flatMap((field) => (left[field] === given[field] ? [] : [[field, left[field]]])),
  );

/** Null when no quirk concerns requests, so that requests need not be looked at. */
export function createRequestAdapter(quirks: Quirks): RequestAdapter | null {
  const { rename: names, drop = [], refuse: ignored, toolChoice, roles, toolCallIds, pastReasoning } = quirks;
  const { instructions, messageNames, refusals, toolNames } = quirks;
  const inMessages = Boolean(roles ?? toolCallIds ?? pastReasoning ?? instructions ?? messageNames ?? refusals);
  const inFields = Boolean(names ?? ignored ?? toolChoice) || drop.length > 0;
  if (!inFields && !inMessages && !toolNames) return null;

  function adaptFields(fields: Fields): Record<string, unknown> {
    const out: Record<string, unknown> = {};
    if (ignored) refuse(fields, ignored);
    if (names) rename(fields, names, out);
    if (toolChoice) chooseTools(fields, toolChoice, out);
    for (const field of drop) if (field in fields) out[field] = undefined;
    return out;
  }

  return ({ request, changes, dropsUnsupported }) => {
    const given: Fields = Object.keys(changes).length > 0 ? { ...request.value, ...changes } : request.value;
    const express = (fields: Fields) => ({ ...withoutDropped(given, fields), ...adaptFields(fields) });
    const { translated, dropped } = inFields
      ? dropUnsupported(given, dropsUnsupported, express)
      : { translated: {}, dropped: [] };
    const messages = inMessages ? adaptMessages(given.messages, quirks) : given.messages;
    const out = messages === given.messages ? translated : { ...translated, messages };
    const mapped = toolNames ? ToolNames.of(given, nameRules[toolNames]) : null;
    const changed = mapped ? { ...out, ...mapped.toUpstream({ ...given, ...out, messages: [...messages] }) } : out;
    return { changes: changed, applied: toApplied(dropped), names: mapped };
  };
}
