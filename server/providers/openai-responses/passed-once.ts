import { isRecord } from '../../canonical/json.ts';

/** The fields that tell which part of a response an event is about. */
const PLACE = ['output_index', 'content_index', 'summary_index', 'annotation_index', 'partial_image_index'] as const;

/**
 * Leaves out events that only repeat an earlier one: clients build an item at each `output_item.added`, so that a repeated
 * one would make a second item. A piece may come twice, because a text may say the same thing twice.
 */
export class PassedOnce {
  readonly #seen = new Set<string>();

  isNew(event: unknown): boolean {
    if (!isRecord(event) || typeof event.type !== 'string' || event.type.endsWith('.delta')) return true;
    const key = JSON.stringify([event.type, ...PLACE.map((name) => event[name] ?? null)]);
    if (this.#seen.has(key)) return false;
    this.#seen.add(key);
    return true;
  }
}
