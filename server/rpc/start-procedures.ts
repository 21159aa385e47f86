import { Started, StartRequest } from '../../contracts/system/start.ts';
import { exchangeStartCode, type StartCode } from '../features/access/start-code.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { publicProcedure } from './trpc.ts';

/** `api.start`: the code is what is shown in the place of a key. */
export const startProcedure = (start: StartCode | null) =>
  publicProcedure
    .meta(
      describeAccounts('GET', '/api/start', 'Exchange the code of the start link for the bearer', {
        description: 'The start prints the link where `START_LINK` says so. Its code works once, within ten minutes.',
        errors: [400, 401, 429],
        open: true,
      }),
    )
    .input(StartRequest)
    .output(answers(Started))
    .query(({ ctx, input }) => exchangeStartCode(start, input.code, ctx.countGuess));
