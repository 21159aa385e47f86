import type { ClientTokenDeps } from '../features/keys/create-client-token.ts';
import type { KeyDeps } from '../features/keys/manage-keys.ts';
import type { MeteringDeps } from '../features/metering/run-metered.ts';
import type { CurrentCatalog } from '../features/models/live-catalog.ts';
import type { OnceDeps } from '../features/runs/answer-once.ts';
import type { RunDeps } from '../features/runs/manage-runs.ts';
import type { ReadinessCheck } from '../features/system/check-readiness.ts';
import type { Documentation } from '../features/system/documentation.ts';
import type { ModelsEditor } from '../features/system/edit-models-file.ts';
import type { LogSource } from '../features/system/list-logs.ts';
import type { ModelsSource } from '../features/system/reload-models.ts';
import { Summarizer } from '../features/turns/summarizer.ts';
import type { TitleWriter } from '../features/turns/title-writer.ts';
import type { Store } from '../store/interface/store.ts';
import { auditProcedure } from './audit-procedures.ts';
import { backendProcedures } from './backend-procedures.ts';
import { billingProcedures } from './billing-procedures.ts';
import { chatProcedures } from './chat-procedures.ts';
import { clientTokenProcedures } from './client-token-procedures.ts';
import { completionProcedures } from './completion-procedures.ts';
import { conversationProcedures } from './conversation-procedures.ts';
import { docsProcedures } from './docs-procedures.ts';
import { embeddingProcedures } from './embedding-procedures.ts';
import { imageProcedures } from './image-procedures.ts';
import { keyProcedures, selfProcedure } from './key-procedures.ts';
import { logsProcedure } from './log-procedures.ts';
import { messageProcedures } from './message-procedures.ts';
import { modelProcedures } from './model-procedures.ts';
import { modelsFileProcedures, reloadProcedure } from './models-file-procedures.ts';
import { openAiConversationProcedures } from './openai-conversation-procedures.ts';
import { othersProcedures } from './others-procedures.ts';
import { responseProcedures } from './response-procedures.ts';
import { runProcedures } from './run-procedures.ts';
import { type StartDeps, startProcedure } from './start-procedures.ts';
import { statusProcedure, systemProcedures } from './system-procedures.ts';
import { router } from './trpc.ts';
import { turnProcedures } from './turn-procedures.ts';
import { usageProcedures } from './usage-procedures.ts';
import { walletProcedures } from './wallet-procedures.ts';

export interface RouterDeps {
  readonly catalog: CurrentCatalog;
  readonly metering: MeteringDeps;
  readonly store: Store;
  readonly titles: TitleWriter;
  readonly runs: RunDeps & OnceDeps;
  readonly readiness: ReadinessCheck;
  readonly ring: KeyDeps['ring'];
  readonly tokens: ClientTokenDeps;
  readonly source: Pick<ModelsSource, 'reload'> & { readonly editor: ModelsEditor };
  readonly logs: LogSource;
  readonly version: string;
  readonly docs: Documentation;
  readonly start: StartDeps;
  /** Whether the administrator may read the conversations of others. */
  readonly showsOthers: boolean;
}

/** Every procedure of the gateway; those with a path in their meta are served by REST as well. */
export const createRouter = ({
  catalog,
  metering,
  store,
  titles,
  runs,
  readiness,
  ring,
  tokens,
  source,
  logs,
  version,
  docs,
  start,
  showsOthers,
}: RouterDeps) => {
  const { conversations, responses, secrets } = store;
  const deps = { catalog, ...metering };
  const summarizer = new Summarizer({ ...deps, conversations });
  return router({
    v1: {
      chat: chatProcedures(deps, runs),
      completions: completionProcedures(deps, runs),
      embeddings: embeddingProcedures(deps, runs),
      images: imageProcedures(deps, runs),
      messages: messageProcedures(deps, runs),
      responses: responseProcedures({ ...deps, conversations, responses, secrets, following: runs }, runs),
      conversations: openAiConversationProcedures({ conversations, responses, secrets }, runs),
    },
    c1: {
      chat: turnProcedures({ ...deps, conversations, summarizer, titles, runs: runs.runs }, runs),
      runs: runProcedures(runs),
    },
    models: modelProcedures({ catalog, states: metering.dispatcher.states, version }),
    conversations: conversationProcedures(conversations, runs),
    api: {
      self: selfProcedure({ ...store, showsOthers }),
      keys: keyProcedures({ catalog, store, ring }),
      clientTokens: clientTokenProcedures(tokens),
      wallets: walletProcedures(store),
      audit: auditProcedure(store),
      reload: reloadProcedure(source, store),
      logs: logsProcedure(logs),
      modelsFile: modelsFileProcedures(source.editor, store),
      backends: backendProcedures({ catalog, states: metering.dispatcher.states, ...store }),
      conversations: othersProcedures({ conversations, runs, audit: store.audit, isAllowed: showsOthers }),
      usage: usageProcedures(store),
      billing: billingProcedures(store),
      status: statusProcedure(version),
      docs: docsProcedures(docs),
      start: startProcedure(start),
    },
    system: systemProcedures(readiness),
  });
};

export type AppRouter = ReturnType<typeof createRouter>;
