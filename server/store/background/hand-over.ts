import { isObject } from '../../canonical/json.ts';

/**
 * Finds the memory of the bytes in the lists of a message between threads. It is transferred to the other thread, because
 * copying megabytes would keep the sender busy.
 */
export const memoryIn = (values: readonly unknown[]): ArrayBuffer[] =>
  values.flatMap((value) => (Array.isArray(value) ? value.flatMap(memoryOf) : []));

const memoryOf = (item: unknown): ArrayBuffer[] =>
  isObject(item) && item.bytes instanceof Uint8Array && item.bytes.buffer instanceof ArrayBuffer
    ? [item.bytes.buffer]
    : [];
