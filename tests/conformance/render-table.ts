import { type CaseName, caseNames } from './cases.ts';

interface Column {
  readonly name: string;
  readonly exceptions: Partial<Record<CaseName, { readonly reason: string; readonly check?: unknown }>>;
}

const intro = `# Conformance

This table shows the test cases of every dialect. Each case runs over REST, as JSON and as a stream, against the real gateway.

- ✓: the client gets what OpenAI's chat completions promise.
- A number: the dialect does not support the case. The note says what happens instead, and this is tested too.
- –: the case does not apply to the dialect.

The upstreams are scripted. They use each vendor's documented wire format, with its known deviations. \`embedded\` is the real engine
with its small model. The tests write this page: see \`tests/conformance/\`.
`;

/** The table dialect × case as Markdown, with a note for every cell that is not a plain yes. */
export function renderTable(columns: readonly Column[]): string {
  const notes: string[] = [];
  const noteOf = (name: string, reason: string) => {
    const note = `\`${name}\`: ${reason}`;
    if (!notes.includes(note)) notes.push(note);
    return notes.indexOf(note) + 1;
  };
  const cell = ({ name, exceptions }: Column, row: CaseName): string => {
    const exception = exceptions[row];
    if (!exception) return '✓';
    const note = noteOf(name, exception.reason);
    return exception.check ? `[${note}]` : `– [${note}]`;
  };
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const table = [
    line(['case', ...columns.map(({ name }) => name)]),
    line(['---', ...columns.map(() => ':---:')]),
    ...caseNames.map((row) => line([row, ...columns.map((column) => cell(column, row))])),
  ];
  return `${intro}\n${table.join('\n')}\n\n${notes.map((note, i) => `${i + 1}. ${note}`).join('\n')}\n`;
}
