import { ListLogsRequest, LogList } from '../../contracts/system/logs.ts';
import { type LogSource, listLogs } from '../features/system/list-logs.ts';
import { describeOperator } from './describe-operator.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.logs`, for the administrator only. */
export const logsProcedure = (source: LogSource) =>
  procedure
    .meta(describeOperator('GET', '/api/logs', 'List the newest lines of the log', { errors: [400, 403] }))
    .input(ListLogsRequest)
    .output(answers(LogList))
    .query(({ ctx, input }) => listLogs(source, input, ctx.caller.principal));
