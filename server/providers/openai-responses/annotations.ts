import { z } from 'zod';

/**
 * A note on a text, such as `url_citation`. It is flat in the Responses API, and nested under its type in chat
 * completions.
 */
const Annotation = z.looseObject({ type: z.string() });
type Annotation = z.infer<typeof Annotation>;
const Annotations = z.array(Annotation);

const moved = (index: unknown, by: number) => (typeof index === 'number' ? index + by : index);

/**
 * Converts an annotation for chat completions. `offset`: where the annotated part begins in the whole text, in
 * characters.
 */
export function toChatAnnotation({ type, ...fields }: Annotation, offset: number): Annotation {
  const { start_index: start, end_index: end } = fields;
  const places = start === undefined ? {} : { start_index: moved(start, offset), end_index: moved(end, offset) };
  return { type, [type]: { ...fields, ...places } };
}

/** Converts annotations of chat completions back. Null when the value is malformed. */
export function fromChatAnnotations(annotations: unknown): Annotation[] | null {
  if (annotations == null) return [];
  const list = Annotations.safeParse(annotations).data;
  if (!list) return null;
  return list.map((annotation) => {
    const fields = annotation[annotation.type];
    return { type: annotation.type, ...(typeof fields === 'object' ? fields : {}) };
  });
}
