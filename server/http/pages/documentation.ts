import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Marked } from 'marked';
import type { DocsPage } from '../../../contracts/system/docs.ts';
import { anchorOf, type Documentation } from '../../features/system/documentation.ts';
import { listErrors } from '../../features/system/list-errors.ts';
import type { ConsolePage } from './console-page.ts';
import { pageHeaders } from './security-headers.ts';
import { createStaticFile, type StaticFile, sendStatic } from './static-file.ts';

const STYLE = `
  :root { color-scheme: light dark }
  body { font: 16px/1.6 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem }
  pre { overflow-x: auto; padding: .8rem; border: 1px solid #8884; border-radius: 6px }
  code { font-size: .9em } table { border-collapse: collapse } td, th { border: 1px solid #8884; padding: .3rem .6rem }
  nav a { margin-right: 1rem } :target { outline: 2px solid #c80; outline-offset: 6px }`;

const LINKS = [
  ['/', 'Home'],
  ['/docs', 'Docs'],
  ['/openapi', 'API reference'],
  ['/docs/errors', 'Errors'],
] as const;

const escapeHtml = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c] ?? c);

const page = (title: string, body: string) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><link rel="icon" href="data:,"><title>${escapeHtml(title)}</title><style>${STYLE}</style></head>
<body><nav>${LINKS.map(([href, text]) => `<a href="${href}">${text}</a>`).join('')}</nav>
${body}
</body>
</html>
`;

/** The address of another page of the documentation, for a link to its file from the page of this name. */
const pageAddress = (href: string, from: string): string => {
  const { pathname, hash } = new URL(href, `file:///docs/${from}`);
  return pathname.replace(/\.md$/, '') + hash;
};

/** Headings get anchors; links between the Markdown files work as links between the pages. */
const renderMarkdown = (name: string, markdown: string): string =>
  new Marked({
    renderer: {
      heading({ tokens, depth, text }) {
        return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }) {
        const target = /^[\w./-]+\.md(#.*)?$/.test(href) ? pageAddress(href, name) : href;
        return `<a href="${escapeHtml(target)}">${this.parser.parseInline(tokens)}</a>`;
      },
    },
  }).parse(markdown, { async: false });

/** Renders the text of the error catalog: code between backticks, and no HTML. */
const catalogText = new Marked({ renderer: { html: ({ text }) => escapeHtml(text) } });
const inline = (text: string) => catalogText.parseInline(text);

const errorsPage = () => {
  const rows = listErrors().entries.map(
    (entry) => `<section id="${entry.code}"><h2><code>${entry.code}</code> · ${entry.http_status}</h2>
<p><b>${escapeHtml(entry.title)}.</b> ${inline(entry.description)}</p>
<p>${inline(entry.remediation)}</p>
<p>type <code>${entry.type}</code>${entry.typical_param ? `, param such as <code>${escapeHtml(entry.typical_param)}</code>` : ''}</p></section>`,
  );
  return page('Errors', `<h1>Errors</h1>\n<p>For machines: <a href="/errors">/errors</a></p>\n${rows.join('\n')}`);
};

const homePage = (version: string, notice: string | null) =>
  page(
    'Duplex',
    `<h1>Duplex ${escapeHtml(version)}</h1>
<p>One address for every model, and a memory that the server keeps.</p>
${notice ? `<p><b>${escapeHtml(notice)}</b></p>` : ''}
<ul>
<li><code>POST /v1/chat/completions</code>: OpenAI-compatible · <code>GET /v1/models</code> · <code>GET /v1/info</code></li>
<li><code>POST /c1/chat</code>: chat with memory · <code>GET /c1/conversations</code></li>
<li><code>/trpc</code>: the same procedures, typed, with subscriptions over websocket</li>
<li><a href="/openapi">API reference</a> · <a href="/openapi.json">OpenAPI 3.1 document</a></li>
<li><a href="/docs">Documentation</a> · <a href="/docs/errors">errors</a> (<a href="/errors">as JSON</a>)</li>
<li><a href="/healthz">/healthz</a> · <a href="/readyz">/readyz</a></li>
</ul>`,
  );

export interface DocumentationOptions {
  readonly docs: Documentation;
  /** The page of the console, which browsers get where the console was built. It fetches the documentation itself. */
  readonly page: ConsolePage;
}

const headers = pageHeaders(STYLE);
/** The headers of a page in whose place browsers get the console. */
const insteadHeaders = { ...headers, vary: 'accept' };

const toFile = (html: string, own: Readonly<Record<string, string>>): StaticFile =>
  createStaticFile(html, 'text/html; charset=utf-8', own);

/** The page that programs get at `/`, and browsers as well where the console was not built. */
export const createHome = (version: string, demoNotice: string | null): StaticFile =>
  toFile(homePage(version, demoNotice), insteadHeaders);

/** Renders a page without scripts, for programs and for readers that ask for `?plain`. */
const renderPage = ({ name, title, markdown }: DocsPage): StaticFile =>
  toFile(page(title, renderMarkdown(name, markdown)), insteadHeaders);

/** The documentation at `/docs`. Each page is made when it is asked for first, and kept. */
export async function documentationPlugin(app: FastifyInstance, options: DocumentationOptions): Promise<void> {
  const { docs, page: consolePage } = options;
  const errors = toFile(errorsPage(), headers);
  const made = new Map<string, StaticFile>();

  function send(name: string, request: FastifyRequest, reply: FastifyReply): FastifyReply {
    if (name === 'errors') return sendStatic(request, reply, errors);
    const asked = docs.page(name);
    const isPlain = typeof request.query === 'object' && request.query !== null && 'plain' in request.query;
    if (consolePage.isFor(request) && !isPlain) return consolePage.send(request, reply);
    const file = made.get(name) ?? renderPage(asked);
    made.set(name, file);
    return sendStatic(request, reply, file);
  }

  app.get('/docs', (request, reply) => send('README', request, reply));
  app.get<{ Params: { '*': string } }>('/docs/*', (request, reply) => send(request.params['*'], request, reply));
}
