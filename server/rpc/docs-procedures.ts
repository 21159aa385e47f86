import { DocsHits, DocsList, DocsPage, DocsPageRequest, SearchDocsRequest } from '../../contracts/system/docs.ts';
import type { Documentation } from '../features/system/documentation.ts';
import { describeSystem } from './describe-system.ts';
import { answers } from './output.ts';
import { publicProcedure } from './trpc.ts';

/** `api.docs`: the pages of the documentation, as they are written. */
export const docsProcedures = (docs: Documentation) => ({
  list: publicProcedure
    .meta(describeSystem('GET', '/api/docs', 'List the pages of the documentation', { open: true }))
    .output(answers(DocsList))
    .query(() => docs.list()),
  page: publicProcedure
    .meta(
      describeSystem('GET', '/api/docs/page', 'Read a page of the documentation', { open: true, errors: [400, 404] }),
    )
    .input(DocsPageRequest)
    .output(answers(DocsPage))
    .query(({ input }) => docs.page(input.name ?? 'README')),
  search: publicProcedure
    .meta(describeSystem('GET', '/api/docs/search', 'Search the documentation', { open: true, errors: [400] }))
    .input(SearchDocsRequest)
    .output(answers(DocsHits))
    .query(({ input }) => docs.search(input.q ?? '')),
});
