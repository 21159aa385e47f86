import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { LIST } from '../../contracts/schemas/list-of.ts';
import { RECORD } from '../../contracts/schemas/record-of.ts';
import { type InputProcedure, listInputs } from '../support/open-router.ts';
import { root } from '../support/start-gateway.ts';
import { placesOf } from '../support/walk-schema.ts';

let inputs: InputProcedure[];
beforeAll(async () => {
  inputs = await listInputs();
});

test('every list and record that a procedure takes is checked up to its first fault', () => {
  const unbounded = inputs.flatMap(({ name, schema: input }) =>
    placesOf(input)
      .filter(({ schema }) => {
        const { traits } = schema._zod;
        return (
          (schema instanceof z.ZodArray && !traits.has(LIST)) || (schema instanceof z.ZodRecord && !traits.has(RECORD))
        );
      })
      .map(({ path }) => `${name}: ${path.join('.')}`),
  );
  expect(unbounded).toEqual([]);
});

test("contracts build lists and records with their own constructors, not with zod's", () => {
  const files = readdirSync(join(root, 'contracts'), { recursive: true, encoding: 'utf8' }).filter(
    (file) => file.endsWith('.ts') && !file.startsWith('schemas'),
  );
  const found = files.filter((file) =>
    /\bz\s*\.(array|record|partialRecord|looseRecord|map|set|tuple|json|lazy)\(|\.(array|or)\(\)/.test(
      readFileSync(join(root, 'contracts', file), 'utf8'),
    ),
  );
  expect(found).toEqual([]);
});

test('a list or a record of thousands of faults is one fault', () => {
  const faults = Array.from({ length: 5_000 }, () => Symbol('wrong'));
  const list: unknown = faults;
  const record: unknown = Object.fromEntries(faults.map((fault, i) => [`k${i}`, fault]));
  for (const { name, schema: input } of inputs) {
    for (const { schema, path } of placesOf(input)) {
      if (!(schema instanceof z.ZodArray || schema instanceof z.ZodRecord)) continue;
      const { error } = z.core.safeParse(schema, schema instanceof z.ZodArray ? list : record);
      const issues = countIssues(error?.issues ?? []);
      expect(issues, `${name}: ${path.join('.')}`).toBeLessThanOrEqual(8);
    }
  }
});

/** With those that a union keeps of each alternative. */
function countIssues(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => {
    const inside = issue.code === 'invalid_union' ? issue.errors.flat() : [];
    return sum + 1 + countIssues(inside);
  }, 0);
}
