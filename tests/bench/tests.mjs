// What is measured. `unit`: what the CPU time is divided by.
const texts = [
  'You are a helpful assistant that answers briefly and says where it is unsure.',
  'How does a token bucket limit requests, and when would I take a sliding window instead? A paragraph will do.',
  'A bucket holds a number of tokens and refills at a steady rate; each request takes one, and waits when there is none. It lets bursts through and still bounds the average. A sliding window counts what came in the last interval.',
];
const message = texts[1];

/** A prompt with so many messages of history before the question. */
function messages(history) {
  const list = [{ role: 'system', content: texts[0] }];
  for (let at = 0; at < history; at += 1)
    list.push({ role: at % 2 ? 'assistant' : 'user', content: texts[1 + (at % 2)] });
  return [...list, { role: 'user', content: message }];
}

const prompt = (model, history, rest) => ({
  model,
  messages: messages(history),
  temperature: 0.7,
  max_tokens: 256,
  ...rest,
});
const streaming = { stream: true, stream_options: { include_usage: true } };

const paced = 'paced-33-30';
const endless = 'paced-100000-50';
const fast = 'paced-150-20';
const quick = 'paced-40-10';
export const models = ['json', paced, fast, endless, quick];

export const tests = {
  json1: { title: 'JSON, 1 connection', mode: 'json', unit: 'requests', connections: 1, body: prompt('json', 2) },
  json16: { title: 'JSON, 16 connections', mode: 'json', unit: 'requests', connections: 16, body: prompt('json', 2) },
  sse100: {
    title: '100 streams of 33 tokens/s',
    mode: 'stream',
    unit: 'events',
    connections: 100,
    spreadMs: 1_000,
    body: prompt(paced, 2, streaming),
  },
  sse500: {
    title: '500 streams of 50 tokens/s',
    mode: 'stream',
    unit: 'events',
    connections: 500,
    spreadMs: 3_000,
    body: prompt(fast, 2, streaming),
  },
  turns: {
    title: '/c1/chat, 20 messages of history, 16 connections',
    mode: 'json',
    unit: 'requests',
    connections: 16,
    // Without a memory the client sends the history itself.
    body: prompt('json', 20),
    turnBody: { model: 'json', message, max_tokens: 256 },
  },
};

export const warmups = {
  json: { mode: 'json', connections: 16, seconds: 4, maxRequests: 20_000, body: prompt('json', 2) },
  stream: { mode: 'stream', connections: 50, seconds: 4, maxRequests: 500, body: prompt(quick, 2, streaming) },
  turns: { mode: 'turns', connections: 16, seconds: 4, maxRequests: 10_000, body: tests.turns.turnBody },
};

/** Streams that would go on for an hour, whose clients leave after the first token. */
export const leaving = { mode: 'leave', connections: 50, seconds: 10, body: prompt(endless, 2, streaming) };
