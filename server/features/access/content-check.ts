import type { ErrorCode } from '../../../contracts/errors.ts';
import { isObject, isRecord } from '../../canonical/json.ts';
import { isAddress } from './addresses.ts';
import { foldName, isRiskyName } from './field-names.ts';

/** The fault of a value and its path, such as `[2].image_url.url`. */
export interface Fault {
  readonly path: string;
  readonly code: ErrorCode;
  readonly message: string;
}

/** The sender of a content, as far as the checks depend on the sender. */
export interface Sender {
  /** A key may send known fields only. The administrator may also send unknown fields, if they contain no address. */
  readonly isKey: boolean;
  /** The model is open to the vendor's own tools and files. */
  readonly hosted: boolean;
}

/** Looks at one value; null when nothing is wrong with it. */
export type Check = (value: unknown, sender: Sender) => Fault | null;

export const invalid = (message: string, path = ''): Fault => ({ path, code: 'invalid_field', message });

const byAddress = (path: string): Fault => ({
  path,
  code: 'image_url_not_supported',
  message: 'Neither the gateway nor its upstreams fetch addresses. Send the content inline.',
});

/** A fault of a field, or of an item, of the value that is looked at. */
export const under = (key: string | number, fault: Fault): Fault => ({
  ...fault,
  path: `${typeof key === 'number' ? `[${key}]` : `.${key.slice(0, 100)}`}${fault.path}`,
});

/** Deeper values are refused: nobody needs them, and they could exhaust the stack. */
const MAX_DEPTH = 100;

/**
 * Searches a value of which nothing is known for addresses and, with `names`, for fields whose names could send a server
 * elsewhere.
 */
export function search(value: unknown, names: boolean, depth = 0): Fault | null {
  if (typeof value === 'string') return isAddress(value) ? byAddress('') : null;
  if (!isObject(value)) return null;
  if (depth === MAX_DEPTH) return invalid(`This is nested deeper than ${MAX_DEPTH} levels.`);
  if (Array.isArray(value)) return searchList(value, (item) => search(item, names, depth + 1));
  for (const key of Object.keys(value)) {
    if (value[key] == null) continue;
    const fault = names && isRiskyName(key) ? invalid(riskyMessage(key)) : search(value[key], names, depth + 1);
    if (fault) return under(key, fault);
  }
  return null;
}

export const riskyMessage = (name: string): string =>
  `A key cannot send '${name.slice(0, 100)}': it could name an address, a key, a header or another model. Ask the operator to add the field to \`allow_fields\` of the model.`;

function searchList(items: readonly unknown[], check: (item: unknown) => Fault | null): Fault | null {
  for (let i = 0; i < items.length; i++) {
    const fault = check(items[i]);
    if (fault) return under(i, fault);
  }
  return null;
}

/** Anything that holds no address. */
export const plain: Check = (value) => search(value, false);

/** Words for the model, which may speak of addresses. */
export const text: Check = (value) => (typeof value === 'string' ? null : plain(value, ADMIN));
const ADMIN: Sender = { isKey: false, hosted: true };

/** The client's own JSON, such as arguments and schemas. No server fetches an address in it. */
export const free: Check = () => null;

/** The id of a file that the vendor keeps in the operator's account. */
export const storedFile: Check = (value, sender) =>
  sender.isKey && !sender.hosted
    ? invalid('A key cannot use files that the vendor keeps. Send the file inline.')
    : plain(value, sender);

/** A field that always holds the address of an image. */
export const imageAddress: Check = () => byAddress('');
/** A field that always holds the address of a file. */
export const fileAddress: Check = () => invalid('Files must be inline, as `file_data`; addresses are not fetched.');

/** Refuses a value of an unexpected kind, because a server could read something else in it. */
export const misshapen = (value: unknown, sender: Sender, expected: string): Fault | null =>
  plain(value, sender) ?? (sender.isKey ? invalid(`This must be ${expected}.`) : null);

type Fields = Readonly<Record<string, Check>>;

/** A field that is not known: `closed` objects take none from keys. */
function checkUnknown(key: string, value: unknown, known: Fields, sender: Sender): Fault | null {
  const folded = foldName(key);
  if (folded !== key && Object.hasOwn(known, folded))
    return invalid(`'${key.slice(0, 100)}' must be written '${folded}'.`);
  return plain(value, sender);
}

/** An object with these fields. Others must hold no address; a `closed` object takes them from the administrator alone. */
export function object(fields: Fields, others: 'closed' | 'open' = 'closed'): Check {
  const known: Fields = Object.assign(Object.create(null), fields);
  return (value, sender) => {
    if (!isRecord(value)) return misshapen(value, sender, 'an object');
    for (const key of Object.keys(value)) {
      const field = value[key];
      const check = known[key];
      if (field == null && check) continue;
      let fault = check ? check(field, sender) : checkUnknown(key, field, known, sender);
      if (!fault && !check && others === 'closed' && sender.isKey && field != null) {
        fault = invalid(`A key cannot send a field '${key.slice(0, 100)}' here.`);
      }
      if (fault) return under(key, fault);
    }
    return null;
  };
}

export const list =
  (check: Check): Check =>
  (value, sender) =>
    Array.isArray(value) ? searchList(value, (item) => check(item, sender)) : misshapen(value, sender, 'a list');

/** Text, or a list. */
export const textOrList = (check: Check): Check => {
  const items = list(check);
  return (value, sender) => (typeof value === 'string' ? null : items(value, sender));
};

/** An object with a `type`. `usual` is the type of an object without one. */
export function typed(types: Readonly<Record<string, Check>>, usual = ''): Check {
  const known = new Map(Object.entries(types));
  return (value, sender) => {
    if (!isRecord(value)) return misshapen(value, sender, 'an object');
    const type = value.type ?? usual;
    const check = typeof type === 'string' ? known.get(type) : undefined;
    if (check) return check(value, sender);
    const said = String(type).slice(0, 50);
    if (sender.isKey && !sender.hosted) return invalid(`A key cannot send the type '${said}' here.`, '.type');
    return (
      plain(value, sender) && invalid(`The type '${said}' is not known here, so it cannot hold an address.`, '.type')
    );
  };
}
