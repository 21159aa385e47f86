import createPurifier from 'dompurify';
import { Marked, type Token } from 'marked';
import { BoundedLexer } from './bounded-lexer.ts';
import { escapeHtml } from './escape-html.ts';
import { type Code, isCode, tableRows, toCode } from './markdown-tokens.ts';
import { showControls } from './show-controls.ts';

/** `text` is shown as it is. */
export type Block =
  | Code
  | { readonly type: 'html'; readonly html: string }
  | { readonly type: 'text'; readonly text: string };

/** Beyond so many blocks, the rest of a text is one. */
const MOST_BLOCKS = 1_000;

const safeLink = /^(?:https?:|mailto:)/i;
const inlinePicture = /^data:image\/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+$/;

/** Raw HTML is shown as text, pictures only when they come inline, links only to the web and to mail. */
const marked = new Marked({
  gfm: true,
  renderer: {
    html: ({ text }) => escapeHtml(text),
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens);
      if (!safeLink.test(href)) return text;
      return `<a href="${escapeHtml(href)}" target="_blank" rel="noopener noreferrer nofollow">${text}</a>`;
    },
    image({ href, text }) {
      if (inlinePicture.test(href)) return `<img src="${href}" alt="${escapeHtml(text)}">`;
      return `<span class="faint">[${escapeHtml(text || 'image')}: ${escapeHtml(href.slice(0, 200))}]</span>`;
    },
    table(token) {
      const rows = tableRows(token, (tokens) => this.parser.parseInline(tokens));
      return `<div class="table-scroll" tabindex="0"><table>${rows}</table></div>`;
    },
  },
});

const purifier = createPurifier(window);
const allowed = {
  ALLOWED_TAGS: (
    'p br strong em del code pre a ul ol li blockquote h1 h2 h3 h4 h5 h6 hr table thead tbody tr th td ' +
    'span div img input'
  ).split(' '),
  ALLOWED_ATTR: ['href', 'target', 'rel', 'src', 'alt', 'class', 'tabindex', 'type', 'checked', 'disabled', 'start'],
  ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|data:image\/(?:png|jpeg|gif|webp);base64,)/i,
  ADD_ATTR: ['target'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

/** What was made of a block before; while an answer streams, only its last block changes. */
const made = new Map<string, Block>();
const MOST_KEPT = 2_000;

function toBlock(token: Token): Block {
  if (token.type === 'text' && !token.tokens) return { type: 'text', text: token.raw };
  const known = made.get(token.raw);
  if (known) return known;
  const block: Block = isCode(token)
    ? toCode(token)
    : { type: 'html', html: purifier.sanitize(marked.parser([token]), allowed) };
  if (made.size >= MOST_KEPT) made.clear();
  made.set(token.raw, block);
  return block;
}

/** The blocks of a Markdown text, as HTML that can do nothing. */
export function toBlocks(text: string): Block[] {
  const tokens = new BoundedLexer(marked.defaults).lex(showControls(text));
  const rest = tokens.slice(MOST_BLOCKS).map(({ raw }) => raw);
  const blocks = tokens
    .slice(0, MOST_BLOCKS)
    .filter(({ type }) => type !== 'space' && type !== 'def')
    .map(toBlock);
  return rest.length === 0 ? blocks : [...blocks, { type: 'text', text: rest.join('') }];
}
