import type { Asked } from '../asked.ts';
import type { Refusal, RefusalKind } from './dialect.ts';

const STATUS = {
  400: 'INVALID_ARGUMENT',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
};

const error = (code: keyof typeof STATUS, message: string, details?: readonly object[]): Refusal => ({
  status: code,
  body: { error: { code, message, status: STATUS[code], ...(details ? { details } : {}) } },
});

/** `description` as protobuf's JSON parser says it, or one of the API's own sentences. */
export const invalidArgument = (message: string): Refusal => error(400, message);

const rpc = (type: string) => ({ '@type': `type.googleapis.com/google.rpc.${type}` });

/** Texts and details as the API gives them. Source: https://ai.google.dev/gemini-api/docs/troubleshooting and google.rpc. */
export function refusal(kind: RefusalKind, asked: Asked): Refusal {
  switch (kind) {
    case 'bad-request':
      return error(400, 'Invalid JSON payload received. Unknown name "contentz": Cannot find field.', [
        { ...rpc('BadRequest'), fieldViolations: [{ description: 'Unknown name "contentz": Cannot find field.' }] },
      ]);
    case 'context-overflow':
      return error(400, 'The input token count (1300000) exceeds the maximum number of tokens allowed (1048576).');
    case 'unauthorized':
      return error(400, 'API key not valid. Please pass a valid API key.', [
        { ...rpc('ErrorInfo'), reason: 'API_KEY_INVALID', domain: 'googleapis.com' },
        { ...rpc('LocalizedMessage'), locale: 'en-US', message: 'API key not valid. Please pass a valid API key.' },
      ]);
    case 'unknown-model':
      return error(
        404,
        `models/${asked.model} is not found for API version v1beta, or is not supported for generateContent. ` +
          'Call ListModels to see the list of available models and their supported methods.',
      );
    case 'rate-limited':
      return error(429, 'You exceeded your current quota, please check your plan and billing details.', [
        { ...rpc('QuotaFailure'), violations: [{ quotaId: 'GenerateRequestsPerMinutePerProjectPerModel' }] },
        { ...rpc('Help'), links: [{ description: 'Learn more about Gemini API quotas' }] },
        { ...rpc('RetryInfo'), retryDelay: '6.3s' },
      ]);
    case 'server-error':
      return error(500, 'An internal error has occurred. Please retry.');
    case 'unavailable':
      return error(503, 'The model is overloaded. Please try again later.');
  }
}
