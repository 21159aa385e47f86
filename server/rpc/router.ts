import { ErrorList } from '../../contracts/errors.ts';
import { GatewayInfo, Model, ModelList, ModelRef } from '../../contracts/models/model.ts';
import { Health, Readiness } from '../../contracts/system/health.ts';
import { ToolList } from '../../contracts/system/tools.ts';
import { Json } from '../canonical/json.ts';
import { listTools } from '../features/connect/list-tools.ts';
import type { KeyDeps } from '../features/keys/manage-keys.ts';
import type { MeteringDeps } from '../features/metering/run-metered.ts';
import type { Catalog } from '../features/models/catalog.ts';
import type { RunDeps } from '../features/runs/manage-runs.ts';
import type { ReadinessCheck } from '../features/system/check-readiness.ts';
import {
  describeGateway,
  getAnthropicModel,
  getModel,
  listAnthropicModels,
  listModels,
} from '../features/system/describe-models.ts';
import { listErrors } from '../features/system/list-errors.ts';
import type { Store } from '../store/interface/store.ts';
import {
  auditProcedure,
  keyProcedures,
  selfProcedure,
  statusProcedure,
  walletProcedures,
} from './account-procedures.ts';
import { completionProcedures, turnProcedures } from './chat-procedures.ts';
import { conversationProcedures } from './conversation-procedures.ts';
import { embeddingProcedures, textCompletionProcedures } from './endpoint-procedures.ts';
import { imageProcedures } from './image-procedures.ts';
import { messageProcedures } from './message-procedures.ts';
import { openAiConversationProcedures } from './openai-conversation-procedures.ts';
import { responseProcedures } from './response-procedures.ts';
import { runProcedures } from './run-procedures.ts';
import { documented, type Meta, procedure, publicProcedure, router } from './trpc.ts';
import { billingProcedures, usageProcedures } from './usage-procedures.ts';

export interface RouterDeps {
  readonly catalog: Catalog;
  readonly metering: MeteringDeps;
  readonly store: Store;
  readonly runs: RunDeps;
  readonly readiness: ReadinessCheck;
  readonly ring: KeyDeps['ring'];
  readonly version: string;
}

const readErrors = [400, 403, 404, 503];

const get = (path: `/${string}`, tag: string, summary: string): Meta => ({
  openapi: { method: 'GET', path, tags: [tag], summary, errorResponses: readErrors },
});

const open = (path: `/${string}`, summary: string): Meta => ({
  openapi: { method: 'GET', path, tags: ['system'], summary, protect: false, errorResponses: [500] },
});

/** Every procedure of the gateway; those with a path in their meta are served by REST as well. */
export const createRouter = ({ catalog, metering, store, runs, readiness, ring, version }: RouterDeps) => {
  const { conversations, responses, secrets } = store;
  const deps = { catalog, ...metering };
  return router({
    v1: {
      chat: completionProcedures(deps),
      completions: textCompletionProcedures(deps),
      embeddings: embeddingProcedures(deps),
      images: imageProcedures(deps),
      messages: messageProcedures(deps),
      responses: responseProcedures({ ...deps, conversations, responses, secrets, following: runs }),
      conversations: openAiConversationProcedures({ conversations, responses, secrets }, runs),
    },
    c1: { chat: turnProcedures({ ...deps, conversations, runs: runs.runs }, runs), runs: runProcedures(runs) },
    models: {
      list: documented(
        procedure.meta(get('/v1/models', 'models', 'List the models')).query(({ ctx }): ModelList => {
          const seen = catalog.for(ctx.caller.principal);
          if (ctx.dialect === 'anthropic') ctx.respond?.(Json.ofValue(listAnthropicModels(seen)));
          return listModels(seen);
        }),
        ModelList,
      ),
      get: documented(
        procedure
          .meta({ ...get('/v1/models/{model}', 'models', 'Get a model'), slashes: true })
          .input(ModelRef)
          .query(({ ctx, input }): Model => {
            const seen = catalog.for(ctx.caller.principal);
            if (ctx.dialect === 'anthropic') ctx.respond?.(Json.ofValue(getAnthropicModel(seen, input.model)));
            return getModel(seen, input.model);
          }),
        Model,
      ),
      info: documented(
        procedure
          .meta(get('/v1/info', 'models', 'Describe the models and their constraints'))
          .query(
            ({ ctx }): GatewayInfo =>
              describeGateway({ catalog, states: metering.dispatcher.states, version }, ctx.caller.principal),
          ),
        GatewayInfo,
      ),
    },
    conversations: conversationProcedures(conversations, runs),
    api: {
      self: selfProcedure(store),
      keys: keyProcedures({ catalog, store, ring }),
      wallets: walletProcedures(store),
      audit: auditProcedure(store),
      usage: usageProcedures(store),
      billing: billingProcedures(store),
      status: statusProcedure(version),
    },
    system: {
      health: documented(
        publicProcedure.meta(open('/healthz', 'Is the process alive?')).query((): Health => ({ status: 'ok' })),
        Health,
      ),
      ready: documented(
        publicProcedure
          .meta({
            ...open('/readyz', 'Can it serve, and which backends are up?'),
            status: (output) => (Readiness.parse(output).status === 'unavailable' ? 503 : 200),
          })
          .query((): Promise<Readiness> => readiness.run()),
        Readiness,
      ),
      errors: documented(
        publicProcedure.meta(open('/errors', 'The error catalog')).query((): ErrorList => listErrors()),
        ErrorList,
      ),
      tools: documented(
        publicProcedure
          .meta(open('/api/tools', 'What to set in agents, editors and libraries'))
          .query((): ToolList => listTools()),
        ToolList,
      ),
    },
  });
};

export type AppRouter = ReturnType<typeof createRouter>;
