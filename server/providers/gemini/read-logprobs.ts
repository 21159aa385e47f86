import type { LogprobsCandidate, LogprobsResult } from './wire.ts';

const toEntry = ({ token, logProbability }: LogprobsCandidate) => ({
  token,
  logprob: logProbability,
  bytes: [...Buffer.from(token)],
});

/** Converts Gemini's two parallel lists to OpenAI's single one. */
export const toLogprobs = ({ chosenCandidates, topCandidates }: LogprobsResult) => ({
  content: (chosenCandidates ?? []).map((chosen, i) => ({
    ...toEntry(chosen),
    top_logprobs: (topCandidates?.[i]?.candidates ?? []).map(toEntry),
  })),
});
