type Fields = Record<string, unknown>;

const isPlain = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/**
 * Adds one field of a piece to the same field of the pieces before. Lists grow, objects are merged, and of other values
 * the last one counts. `holder` never shares objects with the pieces, so the pieces stay as they came.
 */
export function mergeInto(holder: Fields, key: string, value: unknown): void {
  if (key === '__proto__') return;
  const before = Object.hasOwn(holder, key) ? holder[key] : undefined;
  if (value == null) holder[key] = before ?? null;
  else if (Array.isArray(value)) {
    if (Array.isArray(before)) for (const entry of value) before.push(entry);
    else holder[key] = [...value];
  } else if (isPlain(value)) {
    const own: Fields = isPlain(before) ? before : {};
    for (const name of Object.keys(value)) mergeInto(own, name, value[name]);
    holder[key] = own;
  } else holder[key] = value;
}
