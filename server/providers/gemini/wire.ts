import { z } from 'zod';
import { isRecord } from '../../canonical/json.ts';

/** Base64 data with its media type. */
const Blob = z.looseObject({ mimeType: z.string(), data: z.string() });
export type Blob = z.infer<typeof Blob>;

/** A count. One that is malformed is dropped, because the answer is still usable. */
const Count = z.int().min(0).nullish().catch(null);
const Word = z.string().nullish().catch(null);

/** A list that may be missing or `null`: proxies between Google and us send `null` for lists and objects. */
const listOf = <Entry extends z.ZodType>(entry: Entry) => z.array(entry).nullish();

/**
 * A part of an answer. `thought` marks what the model thinks; `thoughtSignature` must be sent back in the same place.
 */
const AnswerPart = z.looseObject({
  text: z.string().nullish(),
  thought: z.boolean().nullish(),
  thoughtSignature: Word,
  inlineData: Blob.nullish(),
  functionCall: z.looseObject({ id: Word, name: z.string().min(1), args: z.unknown().optional() }).nullish(),
});
export type AnswerPart = z.infer<typeof AnswerPart>;

/** The parts of an answer. Some servers send one part in place of the list. */
const AnswerParts = z.preprocess((parts) => (isRecord(parts) ? [parts] : parts), listOf(AnswerPart));

const LogprobsCandidate = z.looseObject({ token: z.string(), logProbability: z.number() });
export type LogprobsCandidate = z.infer<typeof LogprobsCandidate>;

const LogprobsResult = z.looseObject({
  chosenCandidates: listOf(LogprobsCandidate),
  topCandidates: listOf(z.looseObject({ candidates: listOf(LogprobsCandidate) })),
});
export type LogprobsResult = z.infer<typeof LogprobsResult>;

const Candidate = z.looseObject({
  index: z.int().min(0).max(127).nullish().catch(null),
  content: z.looseObject({ parts: AnswerParts }).nullish(),
  finishReason: z.string().nullish(),
  finishMessage: Word,
  logprobsResult: LogprobsResult.nullish().catch(null),
});
export type Candidate = z.infer<typeof Candidate>;

/** Token counts of the whole answer so far. */
const UsageMetadata = z.looseObject({
  promptTokenCount: Count,
  candidatesTokenCount: Count,
  thoughtsTokenCount: Count,
  cachedContentTokenCount: Count,
  toolUsePromptTokenCount: Count,
});
export type UsageMetadata = z.infer<typeof UsageMetadata>;

/**
 * A whole answer, or one event of a streamed one. Source: "GenerateContentResponse" of the Gemini API reference
 * (https://ai.google.dev/api/generate-content), v1beta.
 */
export const GenerateContentResponse = z.looseObject({
  candidates: listOf(Candidate),
  promptFeedback: z.looseObject({ blockReason: z.string().nullish(), blockReasonMessage: Word }).nullish(),
  usageMetadata: UsageMetadata.nullish().catch(null),
  responseId: Word,
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
