import createPurifier from 'dompurify';
import { Marked, type Token } from 'marked';
import { basePath } from '../../app/base-path.ts';
import { escapeHtml } from '../../parts/escape-html.ts';
import { type Code, isCode, tableRows, toCode } from '../../parts/markdown-tokens.ts';

export type DocBlock =
  | Code
  | { readonly type: 'heading'; readonly depth: number; readonly anchor: string; readonly html: string }
  | { readonly type: 'html'; readonly html: string };

export interface DocHeading {
  readonly anchor: string;
  readonly text: string;
}

export interface Doc {
  readonly blocks: readonly DocBlock[];
  readonly contents: readonly DocHeading[];
}

/** As the gateway names headings in addresses. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');

/** `chat.md#tools`, from the page `from`, as an address of the gateway. */
function pageAddress(href: string, from: string): string {
  if (!/^[\w./-]+\.md(#.*)?$/.test(href)) return href.startsWith('/') ? basePath + href : href;
  const { pathname, hash } = new URL(href, `file:///docs/${from}`);
  return basePath + pathname.replace(/\.md$/, '') + hash;
}

const markedFor = (page: string): Marked =>
  new Marked({
    gfm: true,
    renderer: {
      html: ({ text }) => escapeHtml(text),
      link({ href, tokens }) {
        return `<a href="${escapeHtml(pageAddress(href, page))}">${this.parser.parseInline(tokens)}</a>`;
      },
      image: ({ text }) => `<span class="faint">[${escapeHtml(text)}]</span>`,
      // Inside of a list; those between paragraphs are blocks of their own.
      code: ({ text }) => `<pre tabindex="0"><code>${escapeHtml(text)}</code></pre>`,
      table(token) {
        const rows = tableRows(token, (tokens) => this.parser.parseInline(tokens));
        return `<div class="card scroll" tabindex="0"><table class="table">${rows}</table></div>`;
      },
    },
  });

const purifier = createPurifier(window);
const clean = (html: string): string =>
  purifier.sanitize(html, { FORBID_TAGS: ['style', 'form', 'img', 'svg', 'math'], FORBID_ATTR: ['style'] });

function toBlock(token: Token, marked: Marked): DocBlock {
  if (isCode(token)) return toCode(token);
  if (token.type === 'heading') {
    const html = clean(marked.parseInline(token.text, { async: false }));
    return { type: 'heading', depth: token.depth, anchor: anchorOf(token.text), html };
  }
  return { type: 'html', html: clean(marked.parser([token])) };
}

/** The page of this name of the documentation, made of Markdown that comes with the gateway. */
export function readDoc(name: string, markdown: string): Doc {
  const marked = markedFor(name);
  const tokens = marked.lexer(markdown).filter(({ type }) => type !== 'space' && type !== 'def');
  const contents = tokens.flatMap((token) =>
    token.type === 'heading' && token.depth === 2
      ? [{ anchor: anchorOf(token.text), text: token.text.replace(/[`*]/g, '') }]
      : [],
  );
  return { blocks: tokens.map((token) => toBlock(token, marked)), contents };
}
