import { z } from 'zod';

/** Base64 bytes with their type. */
const Blob = z.looseObject({ mimeType: z.string(), data: z.string() });
export type Blob = z.infer<typeof Blob>;

/** A piece of an answer. `thought` marks what the model thinks; `thoughtSignature` must come back where it was. */
const AnswerPart = z.looseObject({
  text: z.string().optional(),
  thought: z.boolean().optional(),
  thoughtSignature: z.string().optional(),
  inlineData: Blob.optional(),
  functionCall: z
    .looseObject({
      id: z.string().optional(),
      name: z.string(),
      args: z.record(z.string(), z.unknown()).nullish(),
    })
    .optional(),
});
export type AnswerPart = z.infer<typeof AnswerPart>;

const LogprobsCandidate = z.looseObject({ token: z.string(), logProbability: z.number() });
export type LogprobsCandidate = z.infer<typeof LogprobsCandidate>;

const LogprobsResult = z.looseObject({
  chosenCandidates: z.array(LogprobsCandidate).default([]),
  topCandidates: z.array(z.looseObject({ candidates: z.array(LogprobsCandidate).default([]) })).default([]),
});
export type LogprobsResult = z.infer<typeof LogprobsResult>;

const Candidate = z.looseObject({
  index: z.int().default(0),
  content: z.looseObject({ parts: z.array(AnswerPart).default([]) }).optional(),
  finishReason: z.string().optional(),
  finishMessage: z.string().optional(),
  logprobsResult: LogprobsResult.optional(),
});
export type Candidate = z.infer<typeof Candidate>;

/** In tokens; of the whole answer so far. */
const UsageMetadata = z.looseObject({
  promptTokenCount: z.int().default(0),
  candidatesTokenCount: z.int().default(0),
  thoughtsTokenCount: z.int().optional(),
  cachedContentTokenCount: z.int().optional(),
  toolUsePromptTokenCount: z.int().default(0),
});
export type UsageMetadata = z.infer<typeof UsageMetadata>;

/**
 * A whole answer, or one event of a streamed one. Source: "GenerateContentResponse" of the Gemini API reference
 * (https://ai.google.dev/api/generate-content), v1beta.
 */
export const GenerateContentResponse = z.looseObject({
  candidates: z.array(Candidate).default([]),
  promptFeedback: z
    .looseObject({ blockReason: z.string().optional(), blockReasonMessage: z.string().optional() })
    .optional(),
  usageMetadata: UsageMetadata.optional(),
  responseId: z.string().optional(),
});
export type GenerateContentResponse = z.infer<typeof GenerateContentResponse>;

/** A piece of a request. Source: "Part" of the same reference. */
export interface RequestPart {
  text?: string;
  thought?: true;
  thoughtSignature?: string;
  inlineData?: Blob;
  mediaResolution?: { level: string };
  functionCall?: { id: string; name: string; args: object };
  functionResponse?: { id: string; name: string; response: object; parts?: { inlineData: Blob }[] };
}

/** One turn of a request. */
export interface Content {
  readonly role: 'user' | 'model';
  readonly parts: RequestPart[];
}
