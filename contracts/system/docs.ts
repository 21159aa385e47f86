import { z } from 'zod';
import { listOf } from '../schemas/list-of.ts';

const name = z.string().min(1).max(200).describe('Such as `chat` or `decisions/0004-routing`.');

export const DocsEntry = z
  .object({ name, title: z.string(), section: z.string().describe('Such as `For users`; empty: in no list.') })
  .meta({ id: 'DocsEntry' });
export type DocsEntry = z.infer<typeof DocsEntry>;

/** `GET /api/docs` */
export const DocsList = z
  .object({ items: listOf(DocsEntry).describe('In the order in which they are read.') })
  .meta({ id: 'DocsList' });
export type DocsList = z.infer<typeof DocsList>;

/** `GET /api/docs/page` */
export const DocsPageRequest = z
  .object({ name: name.optional().describe('As in `GET /api/docs`. Default `README`.') })
  .meta({ id: 'DocsPageRequest' });
export type DocsPageRequest = z.infer<typeof DocsPageRequest>;

export const DocsPage = DocsEntry.extend({ markdown: z.string() }).meta({ id: 'DocsPage' });
export type DocsPage = z.infer<typeof DocsPage>;

/** `GET /api/docs/search` */
export const SearchDocsRequest = z
  .object({ q: z.string().max(200).optional().describe('Words that a part of a page must contain, in any order.') })
  .meta({ id: 'SearchDocsRequest' });
export type SearchDocsRequest = z.infer<typeof SearchDocsRequest>;

export const DocsHits = z
  .object({
    items: listOf(
      z.object({
        name,
        title: z.string().describe('Of the page.'),
        heading: z.string().describe('Of the part that matches.'),
        anchor: z.string().nullable().describe('Of that heading; null: the beginning of the page.'),
        excerpt: z.string(),
      }),
    ).describe('The best first; 20 at most.'),
  })
  .meta({ id: 'DocsHits' });
export type DocsHits = z.infer<typeof DocsHits>;
