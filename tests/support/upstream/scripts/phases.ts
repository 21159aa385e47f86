import type { Answer } from '../answer.ts';
import type { Script } from '../exchange.ts';
import { afterToken, done, type Frame, frameOf } from '../frames.ts';

/** The moments of an answer at which an upstream can fail, in their order. */
export const phases = [
  'before the head',
  'after the head',
  'in the text',
  'in a tool call',
  'before the usage',
  'before the end',
] as const;
export type Phase = (typeof phases)[number];

/** How it fails: its connection breaks, or it is silent and nobody is told. */
export type Failure = 'killed' | 'silent';

/** Some text, then a call whose arguments come in three pieces. */
export const phasedAnswer: Answer = {
  text: ['One', ' two', ' three'],
  calls: [{ name: 'look', pieces: ['{"at":', '"the', ' sky"}'] }],
};
const TOKENS = { 'in the text': 2, 'in a tool call': 5 } as const;

/** How many frames of a stream are sent, of all that end with usage and `[DONE]`. */
function sentFrames(phase: Phase, frames: readonly Frame[]): number {
  if (phase === 'before the usage') return frames.findLastIndex((one) => one.token) + 1;
  if (phase === 'before the end') return frames.length - 1;
  return phase === 'in the text' || phase === 'in a tool call' ? afterToken(frames, TOKENS[phase]) : 0;
}

/** The part of a JSON body that is sent. */
const SENT_PART: Record<Phase, number> = {
  'before the head': 0,
  'after the head': 0,
  'in the text': 0.4,
  'in a tool call': 0.6,
  'before the usage': 0.8,
  'before the end': 0.99,
};

/** Fails at this moment, in an answer as JSON or as a stream. */
export const failAt =
  (phase: Phase, failure: Failure): Script =>
  async (exchange) => {
    const { dialect, request } = exchange;
    const isStream = request.asked.stream;
    if (phase !== 'before the head') {
      exchange.head(200, { 'content-type': isStream ? dialect.streamType : dialect.jsonType });
      if (isStream) {
        const frames = [...dialect.events(phasedAnswer, request.asked).map(frameOf), done];
        for (const { text } of frames.slice(0, sentFrames(phase, frames))) await exchange.write(text);
      } else {
        const body = JSON.stringify(dialect.body(phasedAnswer, request.asked));
        await exchange.write(body.slice(0, body.length * SENT_PART[phase]));
      }
    }
    if (failure === 'killed') exchange.destroy();
  };
