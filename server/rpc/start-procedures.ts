import { Started, StartRequest } from '../../contracts/system/start.ts';
import type { DemoPass } from '../features/access/demo-pass.ts';
import { exchangeStartCode, type StartCode } from '../features/access/start-code.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { publicProcedure } from './trpc.ts';

export interface StartDeps {
  readonly startCode: StartCode | null;
  readonly demoPass: DemoPass;
}

/** `api.start`: the client sends the code instead of a key. */
export const startProcedure = ({ startCode, demoPass }: StartDeps) =>
  publicProcedure
    .meta(
      describeAccounts('GET', '/api/start', 'Sign in to the console without a key', {
        description:
          'With the code of the start link, which the start prints where `START_LINK` says so: its code works once, within ten minutes. Without a code, where `DEMO_ACCESS` allows it: a key for the demo.',
        errors: [400, 401, 429],
        open: true,
      }),
    )
    .input(StartRequest)
    .output(answers(Started))
    .query(({ ctx, input: { code } }) => ({
      key:
        code === undefined
          ? demoPass.issue(ctx.isFromHere?.() === true)
          : exchangeStartCode(startCode, code, ctx.countGuess),
    }));
