import { type CaseName, caseNames } from './cases.ts';

interface Column {
  readonly name: string;
  readonly exceptions: Partial<Record<CaseName, { readonly reason: string; readonly check?: unknown }>>;
}

const intro = `# Conformance

What every dialect is put through, over REST as JSON and as a stream, by the gateway as it is shipped. ✓: the client gets
what OpenAI's chat completions promise. A number: the dialect has no such thing, and the note says what happens instead;
that is tested too. –: there is nothing that could happen. The upstreams are scripted and speak each vendor's documented
wire format with its known deviations; \`embedded\` is the real engine with its small model. This page is written by
\`tests/conformance/\`.
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
