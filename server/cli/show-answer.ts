import type { Command, Row } from './commands.ts';

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value);

function toText(value: unknown): string {
  if (value == null) return '-';
  if (isRow(value) && Object.values(value).every(Array.isArray)) return toLists(value);
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** `{ added: ['a', 'b'], removed: [] }` as `added a, b`. */
function toLists(value: Row): string {
  const told = Object.entries(value).flatMap(([name, items]) =>
    Array.isArray(items) && items.length > 0 ? [`${name} ${items.join(', ')}`] : [],
  );
  return told.join('; ') || '-';
}

const pad = (cells: readonly string[], widths: readonly number[]) =>
  cells
    .map((cell, i) => cell.padEnd(widths[i] ?? 0))
    .join('  ')
    .trimEnd();

function toTable(columns: readonly string[], rows: readonly Row[]): string {
  const cells = [columns.map((name) => name.toUpperCase()), ...rows.map((row) => columns.map((c) => toText(row[c])))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]?.length ?? 0)));
  return cells.map((line) => `${pad(line, widths)}\n`).join('');
}

/** The output for people: a table when the answer is a list, otherwise one line for each field. */
export function showAnswer(answer: unknown, { columns, rows: toRows }: Pick<Command, 'columns' | 'rows'>): string {
  if (!isRow(answer)) return `${toText(answer)}\n`;
  const { items = toRows?.(answer), total } = answer;
  if (columns && Array.isArray(items)) {
    const rows = items.filter(isRow);
    if (rows.length === 0) return 'Nothing.\n';
    // A column that is empty in every row is left out.
    const shown = columns.filter((name) => rows.some((row) => row[name] !== undefined));
    return toTable(shown, isRow(total) ? [...rows, { ...total, [shown[0] ?? '']: 'total' }] : rows);
  }
  const fields = isRow(answer.data) ? answer.data : answer;
  const widest = Math.max(...Object.keys(fields).map((name) => name.length));
  return Object.entries(fields)
    .map(([name, value]) => `${name.padEnd(widest)}  ${toText(value)}\n`)
    .join('');
}
