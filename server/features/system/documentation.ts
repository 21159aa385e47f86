import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DocsEntry, DocsHits, DocsList, DocsPage } from '../../../contracts/system/docs.ts';
import { AppError } from '../../errors/app-error.ts';
import { nextTurn } from '../../event-loop/next-turn.ts';

const INDEX = 'README';
const MOST_HITS = 20;
const EXCERPT = 160;
/** The most words of a search. Anybody may search, without a key, and each word is looked for in every part. */
const MOST_WORDS = 12;

/** How headings are named in addresses. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-|-$/g, '');

/** A page from one heading to the next. */
interface Part {
  readonly name: string;
  readonly title: string;
  readonly heading: string;
  readonly anchor: string | null;
  readonly text: string;
  /** All of it, its heading and its title, in small letters. */
  readonly folded: string;
  readonly foldedHeading: string;
  readonly foldedTitle: string;
}

const titleOf = (name: string, text: string): string => /^# (.+)$/m.exec(text)?.[1] ?? name;

/** The visible text of Markdown, on one line. */
const plain = (text: string): string =>
  text
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/[`*|]+|^#+ /gm, ' ')
    .replace(/\s+/g, ' ')
    .trim();

function toParts(name: string, text: string): Part[] {
  const title = titleOf(name, text);
  return text.split(/^(?=#{1,3} )/m).map((part) => {
    const [, marks = '', heading = title] = /^(#{1,3}) (.+)$/m.exec(part) ?? [];
    const shown = plain(part.slice(part.indexOf('\n') + 1));
    const anchor = marks.length > 1 ? anchorOf(heading) : null;
    return {
      name,
      title,
      heading: plain(heading),
      anchor,
      text: shown,
      folded: `${heading} ${shown}`.toLowerCase(),
      foldedHeading: plain(heading).toLowerCase(),
      foldedTitle: title.toLowerCase(),
    };
  });
}

function excerptOf({ text }: Part, word: string): string {
  const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
  return `${at > 0 ? '…' : ''}${text.slice(at, at + EXCERPT)}${text.length > at + EXCERPT ? '…' : ''}`;
}

/** The pages of the documentation. Each is read when it is asked for first, and kept. */
export class Documentation {
  readonly #dir: string;
  readonly #names: ReadonlySet<string>;
  readonly #texts = new Map<string, string>();
  #entries: DocsEntry[] | undefined;
  #parts: Part[] | undefined;
  #searching: Promise<void> = Promise.resolve();

  constructor(dir: string) {
    this.#dir = dir;
    const files = readdirSync(dir, { recursive: true, encoding: 'utf8' });
    const names = files.flatMap((file) => /^((?:[\w-]+\/)*[\w-]+)\.md$/.exec(file.replaceAll('\\', '/'))?.[1] ?? []);
    this.#names = new Set(names);
  }

  /** The pages in the order of the index, whose headings name the sections; then the other pages. */
  list(): DocsList {
    this.#entries ??= this.#readEntries();
    return { items: this.#entries };
  }

  /** Throws `route_not_found`. */
  page(name: string): DocsPage {
    const markdown = this.text(name);
    const known = this.list().items.find((entry) => entry.name === name);
    return { name, title: known?.title ?? titleOf(name, markdown), section: known?.section ?? '', markdown };
  }

  /** One search in a turn of the event loop: anybody may ask for many at once, and other requests are served between them. */
  search(query: string): Promise<DocsHits> {
    const found = this.#searching.then(nextTurn).then(() => this.#find(query));
    this.#searching = found.then(
      () => undefined,
      () => undefined,
    );
    return found;
  }

  #find(query: string): DocsHits {
    this.#parts ??= [...this.#names].flatMap((name) => toParts(name, this.text(name)));
    const words = [...new Set(query.toLowerCase().split(/\s+/).filter(Boolean))].slice(0, MOST_WORDS);
    const [first = ''] = words;
    const scoreOf = ({ foldedHeading, foldedTitle }: Part) =>
      words.filter((word) => foldedHeading.includes(word)).length * 2 +
      words.filter((word) => foldedTitle.includes(word)).length;
    const found = this.#parts.filter(({ folded }) => words.length > 0 && words.every((word) => folded.includes(word)));
    return {
      items: found
        .map((part) => ({ part, score: scoreOf(part) }))
        .toSorted((a, b) => b.score - a.score)
        .slice(0, MOST_HITS)
        .map(({ part }) => {
          const { name, title, heading, anchor } = part;
          return { name, title, heading, anchor, excerpt: excerptOf(part, first) };
        }),
    };
  }

  /** The source of a page. Throws `route_not_found`. */
  text(name: string): string {
    const known = this.#texts.get(name);
    if (known !== undefined) return known;
    if (!this.#names.has(name)) throw new AppError('route_not_found', `There is no page '${name.slice(0, 100)}'.`);
    const text = readFileSync(join(this.#dir, `${name}.md`), 'utf8');
    this.#texts.set(name, text);
    return text;
  }

  #readEntries(): DocsEntry[] {
    const listed = new Map<string, string>([[INDEX, '']]);
    for (const part of this.text(INDEX).split(/^(?=## )/m)) {
      const section = /^## (.+)$/m.exec(part)?.[1];
      if (section === undefined) continue;
      for (const [, name = ''] of part.matchAll(/\]\(([\w./-]+)\.md[)#]/g)) {
        if (this.#names.has(name) && !listed.has(name)) listed.set(name, section);
      }
    }
    const rest = [...this.#names].filter((name) => !listed.has(name)).toSorted();
    for (const name of rest) listed.set(name, '');
    return [...listed].map(([name, section]) => ({ name, title: titleOf(name, this.text(name)), section }));
  }
}
