import { describeOperations } from './describe-operations.ts';

/** Describes operations on responses, and on conversations in OpenAI's shape. */
export const describeResponses = describeOperations(
  { name: 'responses', about: "OpenAI's Responses API over any model, and its shape of conversations." },
  () => [400, 404, 409, 503],
);
