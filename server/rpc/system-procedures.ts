import { ToolList } from '../../contracts/connect/tools.ts';
import { ErrorList } from '../../contracts/errors.ts';
import { Health, Readiness } from '../../contracts/system/health.ts';
import { GatewayStatus } from '../../contracts/system/status.ts';
import { listTools } from '../features/connect/list-tools.ts';
import type { ReadinessCheck } from '../features/system/check-readiness.ts';
import { listErrors } from '../features/system/list-errors.ts';
import { showStatus } from '../features/system/show-status.ts';
import { describeSystem } from './describe-system.ts';
import { answers, shows } from './output.ts';
import { publicProcedure } from './trpc.ts';

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

/** `api.status`. */
export const statusProcedure = (version: string) =>
  publicProcedure
    .meta(describeSystem('GET', '/api/status', 'Version and uptime', { open: true }))
    .output(answers(GatewayStatus))
    .query(() => showStatus(version));
