import type { FastifyRequest } from 'fastify';
import { toMessageError } from '../../contracts/messages/error.ts';
import { toAppError, toWireError } from '../errors/to-wire.ts';

/**
 * Whether a request expects Anthropic's shape of errors. Anthropic's clients send `anthropic-version` to every address;
 * below `/v1/messages` a request counts as theirs even without it.
 */
export const speaksAnthropic = ({ url, headers }: Pick<FastifyRequest, 'url' | 'headers'>): boolean =>
  headers['anthropic-version'] !== undefined || /^\/v1\/messages(?![^/?])/.test(url);

/** The headers of a request that an upstream of the same dialect must receive beside the body. */
export const anthropicHeaders = ({ headers }: FastifyRequest): Record<string, string> =>
  Object.fromEntries(
    ['anthropic-version', 'anthropic-beta'].flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );

interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: object;
}

/** The response to a thrown error, in the dialect that the request uses. */
export function toErrorAnswer(request: FastifyRequest, thrown: unknown): ErrorAnswer {
  const { headers, ...wire } = toWireError(thrown);
  if (!speaksAnthropic(request)) return { headers, ...wire };
  return { headers, ...toMessageError(wire.body, request.id, toAppError(thrown).overflow) };
}

/** A thrown error as the last event of a stream, in the dialect that the request uses. */
export function toErrorEvent(request: FastifyRequest, thrown: unknown): string {
  const { body } = toErrorAnswer(request, thrown);
  return `${speaksAnthropic(request) ? 'event: error\n' : ''}data: ${JSON.stringify(body)}\n\n`;
}
