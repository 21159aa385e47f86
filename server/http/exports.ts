import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ExportRequest, ExportUserRequest } from '../../contracts/conversations/export.ts';
import type { Gate } from '../features/access/gate.ts';
import { stopSignal } from '../features/access/stop-signal.ts';
import {
  type ExportFile,
  type ExportStores,
  exportConversation,
  exportUser,
} from '../features/conversations/export/export-conversations.ts';
import { connectionOf } from './connections/connection.ts';
import { admission, principalOf } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { sendBytes } from './send-bytes.ts';

const ONE = '/c1/conversations/:conversation_id/export';
const ALL = '/c1/conversations/export';

async function sendFile(request: FastifyRequest, reply: FastifyReply, { name, ...file }: ExportFile) {
  reply.header('content-disposition', `attachment; filename="${name}"`);
  const signal = stopSignal(principalOf(request), connectionOf(request.raw.socket).signal);
  try {
    await sendBytes(reply, file, signal, (error) => logError(request, error));
    return reply;
  } catch (error) {
    // The response is an error from here on, so it must not be offered as a file.
    reply.removeHeader('content-disposition');
    throw error;
  }
}

/**
 * Serves the exports of conversations. They exist on REST only, because they are files of any size that are written
 * while they are sent.
 */
export async function exportsPlugin(
  app: FastifyInstance,
  { gate, store }: { readonly gate: Gate; readonly store: ExportStores },
): Promise<void> {
  app.addHook('onRequest', admission(gate));
  app.get(ALL, (request, reply) => {
    const asked = ExportUserRequest.parse(request.query);
    return sendFile(request, reply, exportUser(store, asked, principalOf(request)));
  });
  app.get(ONE, (request, reply) => {
    const asked = ExportRequest.parse({ ...Object(request.query), ...Object(request.params) });
    return sendFile(request, reply, exportConversation(store, asked, principalOf(request)));
  });
}
