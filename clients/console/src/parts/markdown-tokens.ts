import type { Token, Tokens } from 'marked';

/** A block of code. `language` is the word after its fence; empty: there is none. */
export interface Code {
  readonly type: 'code';
  readonly code: string;
  readonly language: string;
}

export const toCode = ({ text, lang = '' }: Tokens.Code): Code => ({
  type: 'code',
  code: text,
  language: lang.split(/\s/)[0] ?? '',
});

export const isCode = (token: Token): token is Tokens.Code => token.type === 'code';

const alignment = ({ align }: Tokens.TableCell): string => (align ? ` class="to-${align}"` : '');

/** The rows of a table as HTML, without the `<table>` around them. */
export function tableRows({ header, rows }: Tokens.Table, inline: (tokens: Token[]) => string): string {
  const row = (cells: Tokens.TableCell[], tag: 'th' | 'td') =>
    `<tr>${cells.map((cell) => `<${tag}${alignment(cell)}>${inline(cell.tokens)}</${tag}>`).join('')}</tr>`;
  return `<thead>${row(header, 'th')}</thead><tbody>${rows.map((cells) => row(cells, 'td')).join('')}</tbody>`;
}
