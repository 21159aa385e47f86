import { GatewayInfo, Model, ModelList, ModelRef } from '../../contracts/models/model.ts';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import type { BackendStates } from '../features/routing/backend-state.ts';
import {
  describeGateway,
  findModel,
  listAnthropicModels,
  listModels,
  toAnthropicModel,
  toModel,
} from '../features/system/describe-models.ts';
import { describeOperations } from './describe-operations.ts';
import { answers, shows } from './output.ts';
import { procedure } from './trpc.ts';

interface ModelDeps {
  readonly catalog: CurrentCatalog;
  readonly states: BackendStates;
  readonly version: string;
}

const describeModels = describeOperations(
  { name: 'models', about: 'Which models there are, and what they can do.' },
  () => [400, 403, 404, 503],
);

/** `models`. OpenAI and Anthropic share two of the paths, which answer each vendor's clients in their own shape. */
export const modelProcedures = (deps: ModelDeps) => ({
  list: procedure
    .meta(describeModels('GET', '/v1/models', 'List the models', { tokens: 'open' }))
    .output(shows(ModelList, listModels, { anthropic: listAnthropicModels }))
    .query(({ ctx }) => deps.catalog.for(ctx.caller.principal)),
  get: procedure
    .meta(describeModels('GET', '/v1/models/{+model}', 'Get a model', { tokens: 'open' }))
    .input(ModelRef)
    .output(shows(Model, toModel, { anthropic: toAnthropicModel }))
    .query(({ ctx, input }) => findModel(deps.catalog.for(ctx.caller.principal), input.model)),
  info: procedure
    .meta(describeModels('GET', '/v1/info', 'Describe the models and their constraints'))
    .output(answers(GatewayInfo))
    .query(({ ctx }) => describeGateway(deps, ctx.caller.principal)),
});
