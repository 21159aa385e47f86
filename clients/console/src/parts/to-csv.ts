const cell = (value: unknown): string => {
  const text = typeof value === 'object' && value !== null ? JSON.stringify(value) : String(value ?? '');
  // A spreadsheet takes a text that begins with one of these for a formula.
  return `"${text.replaceAll('"', '""').replace(/^[=+\-@]/, "'$&")}"`;
};

/** Rows as CSV, with the names of the first one's fields as the header. */
export function toCsv(rows: readonly object[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => {
    const fields = new Map<string, unknown>(Object.entries(row));
    return names.map((name) => cell(fields.get(name))).join(',');
  });
  return [names.join(','), ...lines].join('\r\n');
}
