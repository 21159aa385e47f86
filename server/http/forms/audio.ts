import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { SpeechRequest } from '../../../contracts/audio/audio.ts';
import { AppError } from '../../errors/app-error.ts';
import { monotonicNow } from '../../event-loop/monotonic-now.ts';
import type { Caller } from '../../features/access/caller.ts';
import type { Gate } from '../../features/access/gate.ts';
import type { HeldBytes } from '../../features/access/held-bytes.ts';
import { RequestRecord } from '../../features/access/request-record.ts';
import { stopSignal } from '../../features/access/stop-signal.ts';
import { traceParentOf } from '../../features/access/trace-parent.ts';
import { checkFormField } from '../../features/audio/check-form-field.ts';
import { createSpeech } from '../../features/audio/create-speech.ts';
import { forwardCall } from '../../features/audio/forward-call.ts';
import type { CompletionDeps } from '../../features/chat/create-completion.ts';
import { measureSound } from '../../features/metering/measure-request.ts';
import type { CatalogModel } from '../../features/models/catalog.ts';
import type { OnceDeps, SentKey } from '../../features/runs/answer-once.ts';
import { bodyPieces, leaveBodies } from '../body-pieces.ts';
import { connectionOf } from '../connections/connection.ts';
import { admission, principalOf } from '../hooks/admission.ts';
import { logError } from '../hooks/errors.ts';
import { holdPieces, holdRequest } from '../hooks/hold-request.ts';
import { idempotencyKeyOf } from '../idempotency-key-of.ts';
import { acceptJson, refuseCodings } from '../json-body/decode-body.ts';
import { readObject } from '../json-body/read-object.ts';
import { sendBytes } from '../send-bytes.ts';
import { setHeader } from '../set-header.ts';
import { forwardOnce, hashForm, readForm } from './forward-once.ts';
import { openModelForm } from './model-form.ts';

export interface AudioOptions extends CompletionDeps {
  readonly gate: Gate;
  readonly once: OnceDeps;
  readonly maxBodyBytes: number;
  readonly maxBodyValues: number;
  /** The requests of each key. */
  readonly held: HeldBytes;
}

const forms = ['transcriptions', 'translations'] as const;

function toCaller(request: FastifyRequest, reply: FastifyReply): Caller {
  const principal = principalOf(request);
  const record = new RequestRecord(traceParentOf(request.headers));
  record.hold = request.hold;
  request.record = record;
  return {
    requestId: request.id,
    principal,
    signal: stopSignal(principal, connectionOf(request.raw.socket).signal),
    receivedAt: monotonicNow(),
    record,
    setHeader: (name, value) => setHeader(reply, name, value),
  };
}

function keyOf(request: FastifyRequest): SentKey | undefined {
  const text = idempotencyKeyOf(request);
  return text === undefined ? undefined : { text, param: 'Idempotency-Key' };
}

async function* asPieces(bytes: Buffer): AsyncGenerator<Buffer, void, void> {
  yield bytes;
}

interface FormEndpoint extends AudioOptions {
  readonly endpoint: (typeof forms)[number];
}

/** Answers a form with a sound file. */
async function answerForm(options: FormEndpoint, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { endpoint, once, maxBodyBytes, held } = options;
  const { 'content-type': type, 'content-length': length } = request.headers;
  refuseCodings(request);
  if (Number(length) > maxBodyBytes) throw new AppError('body_too_large');
  const key = keyOf(request);
  // A retry is known by what it holds, so with a key the form is read before it is sent on.
  const pieces = bodyPieces(request.raw);
  const whole = key && (await readForm(holdPieces(pieces, holdRequest(request, held)), maxBodyBytes));
  const form = await openModelForm(whole ? asPieces(whole) : pieces, type, maxBodyBytes);
  try {
    const caller = toCaller(request, reply);
    const { model, contentType, check, rewrite: body } = form;
    const call = {
      endpoint,
      path: `/audio/${endpoint}`,
      operation: `v1.audio.${endpoint}`,
      model,
      contentType,
      body,
      check: (known: CatalogModel) => check((field) => checkFormField(caller.principal, known, field)),
      // A client that does not say how long the file is is charged for the longest one.
      measure: () => measureSound(Number(length ?? maxBodyBytes), form.text),
      repeatable: false,
    };
    const sent = whole ? { form: await hashForm(whole, type) } : {};
    const asked = { operation: call.operation, request: sent, caller, key };
    const answer = await forwardOnce(once, asked, (own) => forwardCall(options, call, own));
    await sendBytes(reply, answer, caller.signal, (error) => logError(request, error));
    return reply;
  } finally {
    await form.close();
  }
}

type SpeechCall = FastifyRequest<{ Body: Buffer }>;

/** Answers a text with the sound of it. */
async function answerSpeech(options: AudioOptions, request: SpeechCall, reply: FastifyReply): Promise<FastifyReply> {
  const fields = SpeechRequest.parse(await readObject(request, options.maxBodyValues));
  const caller = toCaller(request, reply);
  caller.record.said = fields;
  const asked = { operation: 'v1.audio.speech', request: fields, caller, key: keyOf(request) };
  const speech = { bytes: request.body, fields };
  const answer = await forwardOnce(options.once, asked, (own) => createSpeech(options, speech, own));
  await sendBytes(reply, answer, caller.signal, (error) => logError(request, error));
  return reply;
}

/**
 * Serves `/v1/audio/*`. It exists on REST only: the requests are files and the answers bytes, which tRPC could only
 * carry as base64 in JSON, held in memory as a whole. Typed callers send the form with `fetch`.
 */
export async function audioPlugin(app: FastifyInstance, options: AudioOptions): Promise<void> {
  const onRequest = admission(options.gate);

  await app.register(async (scope) => {
    scope.addHook('onRequest', onRequest);
    // The form is read while it is sent on, and its content type is checked then.
    leaveBodies(scope);
    for (const endpoint of forms) {
      scope.post(`/v1/audio/${endpoint}`, (request, reply) => answerForm({ ...options, endpoint }, request, reply));
    }
  });

  await app.register(async (scope) => {
    scope.addHook('onRequest', onRequest);
    scope.removeAllContentTypeParsers();
    acceptJson(scope, { held: options.held, keep: (_request, body) => body });
    scope.post<{ Body: Buffer }>('/v1/audio/speech', (request, reply) => answerSpeech(options, request, reply));
  });
}
