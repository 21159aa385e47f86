import { z } from 'zod';

/** The name by which a test finds these lists in a schema. */
export const LIST = 'BoundedList';

const isText = (item: unknown) => typeof item === 'string';

/** A check of one element without its schema, where the schema asks for nothing else: long lists are of such elements. */
function plainCheck(element: z.ZodType): ((item: unknown) => boolean) | null {
  if (element.def.checks?.length || element instanceof z.ZodStringFormat) return null;
  if (element instanceof z.ZodString) return isText;
  if (element instanceof z.ZodNumberFormat) return element._zod.def.format === 'safeint' ? Number.isSafeInteger : null;
  return element instanceof z.ZodNumber ? Number.isFinite : null;
}

/**
 * A list that is checked up to its first wrong element. `z.array` notes an issue for every wrong element, so that a list
 * of a million empty objects holds up all other requests for seconds.
 */
export function listOf<Element extends z.ZodType>(element: Element): z.ZodArray<Element> {
  const isRight = plainCheck(element);
  const List = z.core.$constructor<z.ZodArray<Element>>(LIST, (list, def) => {
    z.ZodArray.init(list, def);
    const parse = list._zod.parse;
    list._zod.parse = (payload, ctx) => {
      const { value } = payload;
      if (isRight && Array.isArray(value) && value.every(isRight)) return payload;
      return parse(payload, ctx.abortEarly ? ctx : { ...ctx, abortEarly: true });
    };
  });
  return new List({ type: 'array', element });
}
