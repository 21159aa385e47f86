import { z } from 'zod';

/** The name by which a test finds these records in a schema. */
export const RECORD = 'BoundedRecord';

type Parse = z.core.$ZodType['_zod']['run'];

/** Runs a schema that is known to answer at once. */
function runNow(run: Parse, value: unknown, ctx: z.core.ParseContextInternal): z.core.ParsePayload {
  const result = run({ value, issues: [] }, ctx);
  if (result instanceof Promise) throw new Error('The names and values of a record must be checked at once.');
  return result;
}

/**
 * A record that is checked up to its first wrong name or value, as `listOf` checks a list. `z.record` notes an issue for
 * every one of them.
 */
export function recordOf<Key extends z.ZodString, Value extends z.ZodType>(
  key: Key,
  value: Value,
): z.ZodRecord<Key, Value> {
  const Bounded = z.core.$constructor<z.ZodRecord<Key, Value>>(RECORD, (record, def) => {
    z.ZodRecord.init(record, def);
    const parse = record._zod.parse;
    record._zod.parse = (payload, ctx) => {
      const given = payload.value;
      if (typeof given !== 'object' || given === null || Array.isArray(given)) return parse(payload, ctx);
      const checked: Record<string, unknown> = {};
      for (const [name, held] of Object.entries(given)) {
        // An assignment to this name would set the prototype of the copy.
        if (name === '__proto__') continue;
        const { issues: faults } = runNow(key._zod.run, name, ctx);
        if (faults.length > 0) {
          const issues = faults.map((issue) => z.core.util.finalizeIssue(issue, ctx, z.config()));
          payload.issues.push({
            code: 'invalid_key',
            origin: 'record',
            issues,
            input: name,
            path: [name],
            inst: record,
          });
          return payload;
        }
        const result = runNow(value._zod.run, held, ctx);
        if (result.issues.length > 0) {
          payload.issues.push(...z.core.util.prefixIssues(name, result.issues));
          return payload;
        }
        checked[name] = result.value;
      }
      payload.value = checked;
      return payload;
    };
  });
  return new Bounded({ type: 'record', keyType: key, valueType: value });
}
