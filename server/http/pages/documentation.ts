import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { Marked } from 'marked';
import { AppError } from '../../errors/app-error.ts';
import { listErrors } from '../../features/system/list-errors.ts';
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

const slug = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');

/** Headings get anchors; links between the Markdown files work as links between the pages. */
const marked = new Marked({
  renderer: {
    heading({ tokens, depth, text }) {
      return `<h${depth} id="${slug(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
    },
    link({ href, tokens }) {
      const target = /^[\w./-]+\.md(#.*)?$/.test(href)
        ? `/docs/${href.replace(/^(\.\/)?(docs\/)?/, '').replace('.md', '')}`
        : href;
      return `<a href="${escapeHtml(target)}">${this.parser.parseInline(tokens)}</a>`;
    },
  },
});

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
  readonly docsDir: string;
}

const headers = pageHeaders(STYLE);
const toFile = (html: string): StaticFile => createStaticFile(html, 'text/html; charset=utf-8', headers);

/** The page that programs get at `/`, and browsers as well where the console was not built. */
export const createHome = (version: string, demoNotice: string | null): StaticFile =>
  toFile(homePage(version, demoNotice));

/** The names of the pages, such as `chat` and `decisions/0004-routing`. */
const listPages = (docsDir: string): string[] =>
  readdirSync(docsDir, { recursive: true, encoding: 'utf8' })
    .map((file) => file.replaceAll('\\', '/'))
    .flatMap((file) => /^((?:[\w-]+\/)*[\w-]+)\.md$/.exec(file)?.[1] ?? []);

function renderPage(docsDir: string, name: string): StaticFile {
  const text = readFileSync(join(docsDir, `${name}.md`), 'utf8');
  return toFile(page(/^# (.+)$/m.exec(text)?.[1] ?? name, marked.parse(text, { async: false })));
}

/** The documentation at `/docs`. Each page is made when it is asked for first, and kept. */
export async function documentationPlugin(app: FastifyInstance, { docsDir }: DocumentationOptions): Promise<void> {
  const made = new Map<string, StaticFile>([['errors', toFile(errorsPage())]]);
  const names = new Set(listPages(docsDir));

  function pageNamed(name: string): StaticFile {
    const known = made.get(name);
    if (known) return known;
    if (!names.has(name)) throw new AppError('route_not_found', `There is no page '${name.slice(0, 100)}'.`);
    const file = renderPage(docsDir, name);
    made.set(name, file);
    return file;
  }

  app.get('/docs', (request, reply) => sendStatic(request, reply, pageNamed('README')));
  app.get<{ Params: { '*': string } }>('/docs/*', (request, reply) =>
    sendStatic(request, reply, pageNamed(request.params['*'])),
  );
}
