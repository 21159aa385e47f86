import { isRecord } from '../../canonical/json.ts';
import { AppError } from '../../errors/app-error.ts';
import type { FieldPolicy, Operation } from '../../providers/provider.ts';
import type { Principal } from './caller.ts';
import { checkSchemaField, SCHEMA_FIELDS } from './check-schemas.ts';
import { checkTools } from './check-tools.ts';
import { type Fault, invalid, riskyMessage, type Sender, search, under } from './content-check.ts';
import { isRiskyName } from './field-names.ts';

/** The rules of a model about the fields that keys can send. */
export interface FieldRules {
  /** Fields that the operator allows beside those of the lists; `a.b` is the field `b` of the field `a`. */
  readonly allowFields: ReadonlySet<string>;
  /** Whether keys may use the vendor's own tools and files. */
  readonly hostedTools: boolean;
  readonly backends: readonly { readonly provider: { readonly fieldPolicy: FieldPolicy } }[];
}

/** Whether a caller may have what costs more than the tokens of the model: the vendor's own tools, or its other models. */
export const mayUseHosted = ({ role }: Principal, { hostedTools }: Pick<FieldRules, 'hostedTools'>): boolean =>
  role === 'admin' || hostedTools;

/** A caller as the checks of a content see it. */
export const senderOf = (principal: Principal, model: Pick<FieldRules, 'hostedTools'>): Sender => ({
  isKey: principal.role !== 'admin',
  hosted: mayUseHosted(principal, model),
});

/** Throws the error of a fault; `at` is the place of the value in the request. */
export function throwFault(fault: Fault | null, at = ''): void {
  if (!fault) return;
  const param = at === '' ? fault.path.replace(/^\./, '') : at + fault.path;
  throw new AppError(fault.code, fault.message, { param });
}

const unlisted = (name: string): Fault =>
  invalid(
    `A key cannot send '${name.slice(0, 100)}' to this model. Ask the operator to add it to \`allow_fields\` of the model.`,
  );

type Lists = readonly ReadonlySet<string>[];

/** Whether one of the lists has a field, or a field inside it. */
function isListed(lists: Lists, path: string): 'whole' | 'parts' | null {
  if (lists.some((list) => list.has(path))) return 'whole';
  const inside = `${path}.`;
  return lists.some((list) => [...list].some((entry) => entry.startsWith(inside))) ? 'parts' : null;
}

interface Request {
  readonly rules: FieldRules;
  readonly operation: Operation;
  readonly sender: Sender;
}

/** When only parts of a field are on the list, each part that a request sends must be on it. */
function checkParts(value: unknown, path: string, lists: Lists): Fault | null {
  if (!isRecord(value)) return unlisted(path);
  for (const key of Object.keys(value)) {
    if (value[key] == null) continue;
    const inner = `${path}.${key}`;
    const listed = isListed(lists, inner);
    const fault = listed === 'whole' ? null : listed ? checkParts(value[key], inner, lists) : unlisted(inner);
    if (fault) return under(key, fault);
  }
  return null;
}

/** A field as one of the backends may get it. */
function checkField(
  name: string,
  value: unknown,
  policy: FieldPolicy,
  { rules, operation, sender }: Request,
): Fault | null {
  const listed = policy.listed[operation];
  // The vendor's own tools are also named in `tool_choice`, by the names of their servers.
  const names = name !== 'tool_choice' || !sender.hosted;
  const searched = (): Fault | null => (policy.unsearched[operation].has(name) ? null : search(value, names));
  if (listed.has(name)) return searched();
  if (sender.hosted && policy.hosted.has(name)) return null;
  if (!policy.listedOnly) return isRiskyName(name) ? invalid(riskyMessage(name)) : searched();
  const lists = [rules.allowFields, listed];
  return isListed(lists, name) === 'parts' ? checkParts(value, name, lists) : unlisted(name);
}

/**
 * Refuses fields that a key cannot send. Where a vendor bills, a key sends what is on a list; to the operator's own servers
 * it sends what names no address, key, header or other model. A chain takes what all of its backends take.
 */
export function checkFields(
  principal: Principal,
  rules: FieldRules,
  operation: Operation,
  fields: Readonly<Record<string, unknown>>,
): void {
  if (principal.role === 'admin') return;
  const request = { rules, operation, sender: senderOf(principal, rules) };
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value == null) continue;
    if (SCHEMA_FIELDS.has(name)) throwFault(checkSchemaField(name, value), name);
    if (rules.allowFields.has(name)) continue;
    for (const { provider } of rules.backends) {
      const fault = checkField(name, value, provider.fieldPolicy, request);
      if (fault) throwFault(under(name, fault));
    }
    if (name === 'tools') throwFault(checkTools(value, request.sender), name);
  }
}
