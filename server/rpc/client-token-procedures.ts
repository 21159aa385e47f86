import { ClientToken, CreateClientTokenRequest } from '../../contracts/keys/client-token.ts';
import { type ClientTokenDeps, createClientToken } from '../features/keys/create-client-token.ts';
import { describeAccounts } from './describe-accounts.ts';
import { answers } from './output.ts';
import { procedure } from './trpc.ts';

/** `api.clientTokens`, for keys. */
export const clientTokenProcedures = (deps: ClientTokenDeps) => ({
  create: procedure
    .meta(
      describeAccounts('POST', '/api/client-tokens', 'Create a token for a browser', {
        description: 'By a key. The token chats for one end user, for a few minutes.',
        errors: [400, 403],
      }),
    )
    .input(CreateClientTokenRequest)
    .output(answers(ClientToken))
    .mutation(({ ctx, input }) => createClientToken(deps, input, ctx.caller.principal)),
});
