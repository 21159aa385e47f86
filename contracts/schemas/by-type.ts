import { z } from 'zod';

/** An object whose `type` is one word. */
type Typed = z.ZodObject<{ type: z.ZodLiteral<string> }>;

/**
 * One of several objects that are told apart by their `type`; `other` is for every type that is not named. Only the object
 * that is meant is checked. `z.union` checks one after the other, and notes for each of them why it is not the one.
 */
export function byType<const Known extends readonly Typed[], Other extends z.ZodType>(
  known: Known,
  other: Other,
): z.ZodUnion<readonly [...Known, Other]> {
  const byName = new Map<unknown, z.ZodType>(known.map((option) => [option.shape.type.value, option]));
  const ByType = z.core.$constructor<z.ZodUnion<readonly [...Known, Other]>>('ByType', (union, def) => {
    z.ZodUnion.init(union, def);
    union._zod.parse = (payload, ctx) => {
      const { value } = payload;
      const type = typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;
      return (byName.get(type) ?? other)._zod.run(payload, ctx);
    };
  });
  return new ByType({ type: 'union', options: [...known, other] });
}
