import type { LogprobsCandidate, LogprobsResult } from './wire.ts';

const toEntry = ({ token, logProbability }: LogprobsCandidate) => ({
  token,
  logprob: logProbability,
  bytes: [...Buffer.from(token)],
});

/** Gemini's two parallel lists as OpenAI's one. */
export const toLogprobs = ({ chosenCandidates, topCandidates }: LogprobsResult) => ({
  content: (chosenCandidates ?? []).map((chosen, i) => ({
    ...toEntry(chosen),
    top_logprobs: (topCandidates?.[i]?.candidates ?? []).map(toEntry),
  })),
});
