import { ErrorList } from '../../contracts/errors.ts';
import { DocsHits, DocsList, DocsPage, DocsPageRequest, SearchDocsRequest } from '../../contracts/system/docs.ts';
import { Health, Readiness } from '../../contracts/system/health.ts';
import { ToolList } from '../../contracts/system/tools.ts';
import { listTools } from '../features/connect/list-tools.ts';
import type { ReadinessCheck } from '../features/system/check-readiness.ts';
import type { Documentation } from '../features/system/documentation.ts';
import { listErrors } from '../features/system/list-errors.ts';
import { describeOperations } from './describe-operations.ts';
import { answers, shows } from './output.ts';
import { publicProcedure } from './trpc.ts';

/** Operations that need no key. */
export const describeSystem = describeOperations({ name: 'system', about: 'Health and the error catalog.' }, () => [
  500,
]);

const readinessOutput = shows(Readiness, (readiness: Readiness) => readiness, {
  status: ({ status }) => (status === 'unavailable' ? 503 : 200),
});

/** `system`. */
export const systemProcedures = (readiness: ReadinessCheck) => ({
  health: publicProcedure
    .meta(describeSystem('GET', '/healthz', 'Is the process alive?', { open: true }))
    .output(answers(Health))
    .query((): Health => ({ status: 'ok' })),
  ready: publicProcedure
    .meta(describeSystem('GET', '/readyz', 'Can it serve, and which backends are up?', { open: true }))
    .output(readinessOutput)
    .query(() => readiness.run()),
  errors: publicProcedure
    .meta(describeSystem('GET', '/errors', 'The error catalog', { open: true }))
    .output(answers(ErrorList))
    .query(() => listErrors()),
  tools: publicProcedure
    .meta(describeSystem('GET', '/api/tools', 'What to set in agents, editors and libraries', { open: true }))
    .output(answers(ToolList))
    .query(() => listTools()),
});

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
