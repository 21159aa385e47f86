import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type ImportReport, ImportRequest } from '../../contracts/conversations/import.ts';
import { AppError } from '../errors/app-error.ts';
import type { Principal } from '../features/access/caller.ts';
import type { Gate } from '../features/access/gate.ts';
import { stopSignal } from '../features/access/stop-signal.ts';
import { type ImportDeps, importConversations } from '../features/conversations/import/import-conversations.ts';
import { OneImportEach } from '../features/conversations/import/one-import-each.ts';
import { bodyPieces, leaveBodies } from './body-pieces.ts';
import { connectionOf } from './connections/connection.ts';
import { admission, principalOf } from './hooks/admission.ts';
import { logError } from './hooks/errors.ts';
import { refuseCodings } from './json-body/decode-body.ts';
import { readJson } from './json-body/read-json.ts';
import { sendBytes } from './send-bytes.ts';

export interface ImportOptions extends Pick<ImportDeps, 'conversations'> {
  readonly gate: Gate;
  /** The longest file. Only one of its conversations is in memory at a time. */
  readonly maxImportBytes: number;
}

/** The most values in one conversation. */
const MAX_VALUES = 300_000;

type Importing = ReturnType<typeof importConversations>;

const tooLarge = (most: number) =>
  new AppError('body_too_large', `A file to import can have at most ${most} bytes (MAX_IMPORT_BYTES).`);

async function* bounded(pieces: AsyncIterable<Buffer>, most: number): AsyncGenerator<Buffer, void, void> {
  let length = 0;
  for await (const piece of pieces) {
    length += piece.length;
    if (length > most) throw tooLarge(most);
    yield piece;
  }
}

async function finish(importing: Importing): Promise<ImportReport> {
  for (;;) {
    const step = await importing.next();
    if (step.done) return step.value;
  }
}

async function* toEvents(importing: Importing): AsyncGenerator<readonly Buffer[], void, void> {
  for (;;) {
    const step = await importing.next();
    yield [Buffer.from(`data: ${JSON.stringify(step.value)}\n\n`)];
    if (step.done) return;
  }
}

/** `POST /c1/conversations/import`: on REST alone, because the body is a file of any size that is read while it arrives. */
export async function importsPlugin(app: FastifyInstance, options: ImportOptions): Promise<void> {
  const { gate, conversations, maxImportBytes } = options;
  const deps = { conversations, parse: (bytes: Buffer) => readJson(bytes, MAX_VALUES) };
  const imports = new OneImportEach();

  async function answer(request: FastifyRequest, reply: FastifyReply, principal: Principal) {
    const { user_id: userId } = ImportRequest.parse(request.query);
    const body = bounded(bodyPieces(request.raw), maxImportBytes);
    const importing = importConversations(deps, body, { principal, userId });
    if (!request.headers.accept?.includes('text/event-stream')) return finish(importing);
    const signal = stopSignal(principal, connectionOf(request.raw.socket).signal);
    const file = { contentType: 'text/event-stream; charset=utf-8', body: toEvents(importing) };
    await sendBytes(reply, file, signal, (error) => logError(request, error));
    return reply;
  }

  await app.register(async (scope) => {
    scope.addHook('onRequest', admission(gate));
    leaveBodies(scope);
    scope.post('/c1/conversations/import', async (request, reply) => {
      const principal = principalOf(request);
      refuseCodings(request);
      if (Number(request.headers['content-length']) > maxImportBytes) throw tooLarge(maxImportBytes);
      return imports.run(principal, () => answer(request, reply, principal));
    });
  });
}
