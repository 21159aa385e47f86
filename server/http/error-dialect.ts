import type { FastifyRequest } from 'fastify';
import { toMessageError } from '../../contracts/messages/error.ts';
import { toAppError, toWireError } from '../errors/to-wire.ts';

/** Clients of Anthropic's name their version everywhere; below its own address they need not. */
export const speaksAnthropic = ({ url, headers }: Pick<FastifyRequest, 'url' | 'headers'>): boolean =>
  headers['anthropic-version'] !== undefined || /^\/v1\/messages(?![^/?])/.test(url);

/** What an upstream that speaks the same dialect must be told beside the body. */
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

/** What was thrown, in the words of the dialect that the request speaks. */
export function toErrorAnswer(request: FastifyRequest, thrown: unknown): ErrorAnswer {
  const { headers, ...wire } = toWireError(thrown);
  if (!speaksAnthropic(request)) return { headers, ...wire };
  return { headers, ...toMessageError(wire.body, request.id, toAppError(thrown).overflow) };
}

/** The same as the last event of a stream. */
export function toErrorEvent(request: FastifyRequest, thrown: unknown): string {
  const { body } = toErrorAnswer(request, thrown);
  return `${speaksAnthropic(request) ? 'event: error\n' : ''}data: ${JSON.stringify(body)}\n\n`;
}
