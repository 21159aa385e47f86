import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ErrorRow, errorCatalog } from '../../contracts/errors.ts';
import { variableDefaults } from '../../server/variables.ts';
import { root } from '../support/start-gateway.ts';

interface Row {
  readonly page: string;
  readonly cells: readonly string[];
}

const docs = join(root, 'docs');
const rows: Row[] = readdirSync(docs)
  .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
  .flatMap((page) =>
    readFileSync(join(docs, page), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => ({ page, cells: line.split('|').map((cell) => cell.trim()) })),
  );

/** Settings whose number is no limit. */
const OTHERS = ['PORT', 'USAGE_KEEP_DAYS', 'SLOW_REQUEST_SECONDS', 'OTEL_TRACES_SAMPLER_ARG', 'ALERT_BALANCE_USD'];
const limits = Object.entries(variableDefaults).filter(
  (entry): entry is [string, number] => typeof entry[1] === 'number' && !OTHERS.includes(entry[0]),
);

const rowsOf = (name: string): Row[] => rows.filter(({ cells }) => cells.some((cell) => cell.includes(`\`${name}\``)));

/** As the tables write a number: `1,024`, `20 s`, `32 MiB`. */
const writtenAs = (value: number): string[] => [
  value.toLocaleString('en-US'),
  String(value),
  ...(value % 2 ** 30 === 0 ? [`${value / 2 ** 30} GiB`] : []),
  ...(value % 2 ** 20 === 0 ? [`${value / 2 ** 20} MiB`, `${value / 2 ** 20} MB`] : []),
];

describe('the tables of limits', () => {
  test.each(limits)('name %s with its default, %i', (name, value) => {
    const own = rowsOf(name).filter(({ cells }) => cells.includes(`\`${name}\``));
    expect(own.length).toBeGreaterThan(0);
    for (const { page, cells } of own) {
      const isDefault = (cell: string) => writtenAs(value).some((text) => cell === text || cell.startsWith(`${text} `));
      expect([page, cells, cells.some(isDefault)]).toEqual([page, cells, true]);
    }
  });

  test('give each code the status of its row', () => {
    const catalog: Readonly<Record<string, ErrorRow>> = errorCatalog;
    const told = rows.flatMap(({ cells }) =>
      cells.flatMap((cell) =>
        [...cell.matchAll(/\b([45]\d\d) `([a-z_]+)`/g)].map(([, status, code]) => [code, status]),
      ),
    );
    expect(told.length).toBeGreaterThan(15);
    for (const [code = '', status] of told) expect([code, String(catalog[code]?.status)]).toEqual([code, status]);
  });

  const settings = Object.entries<ErrorRow>(errorCatalog).flatMap(([code, { description }]) =>
    [...description.matchAll(/`([A-Z][A-Z_]+)`/g)].map(([, name = '']) => [code, name] as const),
  );

  test.each(settings)('tell that %s is what exceeds %s', (code, name) => {
    expect(Object.keys(variableDefaults).concat('DATABASE_URL')).toContain(name);
    expect(rowsOf(name).some(({ cells }) => cells.some((cell) => cell.includes(`\`${code}\``)))).toBe(true);
  });
});
