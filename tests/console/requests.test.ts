import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { takenBy } from '../../clients/console/src/playground/attachment.ts';
import { fromBody } from '../../clients/console/src/playground/bodies/from-body.ts';
import { shorten } from '../../clients/console/src/playground/bodies/long-data.ts';
import { toBody } from '../../clients/console/src/playground/bodies/to-body.ts';
import { type Draft, type Message, newDraft, surfaces } from '../../clients/console/src/playground/draft.ts';
import { makeSample, sampleKinds } from '../../clients/console/src/playground/samples/samples.ts';

const picture = { name: 'dot.png', url: `data:image/png;base64,${'iVBORw0KGgo'.repeat(40)}` };
const draft = (surface: Draft['surface']): Draft => ({
  ...newDraft('llama-4-scout'),
  surface,
  system: 'Answer as a pirate\'s "parrot".',
  parameters: {
    temperature: 0.5,
    topP: 0.9,
    maxTokens: 300,
    effort: surface === 'messages' ? null : 'low',
    seed: null,
  },
  tools: [{ name: 'get_weather', description: 'Of a city.', parameters: { type: 'object' } }],
  schema: surface === 'messages' ? null : { type: 'object' },
});
const messages: Message[] = [
  { role: 'user', text: 'Hi', attachments: [] },
  { role: 'assistant', text: 'Ahoy', calls: [] },
  { role: 'user', text: "What's this?", attachments: [picture] },
];

describe.each(surfaces)('a request for %s', (surface) => {
  test('that is edited as JSON gives back the controls that it was made from', () => {
    const body = toBody(draft(surface), messages);
    const { draft: read, text, attachments } = fromBody({ ...newDraft('other'), surface }, body);
    expect(read).toEqual(draft(surface));
    expect(text).toBe("What's this?");
    expect(attachments.map(({ url }) => url)).toEqual([picture.url]);
  });

  test('keeps a field that no control shows', () => {
    const body = { ...toBody(draft(surface), messages), metadata: { a: '1' } };
    const read = fromBody(draft(surface), body);
    expect(toBody(read.draft, messages)).toEqual(body);
  });

  test('is shown with short names in the place of long data, and sent with the data', () => {
    const body = toBody(draft(surface), messages);
    const { text, restore } = shorten(body);
    expect(text).not.toContain('iVBORw0KGgoiVBORw0KGgo');
    expect(JSON.parse(restore(text))).toEqual(body);
  });

  test.each(sampleKinds)('as %s holds the model and the question, and never a key', (kind) => {
    const sample = makeSample(kind, {
      url: 'http://127.0.0.1:3000/llm',
      surface,
      body: toBody(draft(surface), messages),
    });
    expect(sample).toContain('llama-4-scout');
    if (kind !== 'json') expect(sample).toMatch(/BEARER/);
    if (kind !== 'json') expect(sample).toContain('http://127.0.0.1:3000/llm');
  });

  test('as curl is a command that a shell reads as it was meant, quotes included', () => {
    const body = toBody(draft(surface), messages);
    const sample = makeSample('curl', { url: 'http://127.0.0.1:3000', surface, body });
    const script = `curl() { for last; do :; done; printf %s "$last"; }\n${sample}`;
    expect(JSON.parse(execFileSync('bash', ['-c', script], { encoding: 'utf8' }))).toEqual(body);
  });
});

test('a turn of /c1 sends what is new, and the results of tools by the ids of their calls', () => {
  const calls = [{ id: 'call_1', name: 'get_weather', arguments: '{"city":"Hanoi"}' }];
  const thread: Message[] = [
    { role: 'user', text: 'Hi', attachments: [] },
    { role: 'assistant', text: '', calls },
    { role: 'tool', result: { id: 'call_1', content: '{"ok":true}', failed: false } },
  ];
  const body = toBody({ ...newDraft('m'), conversationId: 'conv_1' }, thread);
  expect(body).toMatchObject({
    model: 'm',
    conversation_id: 'conv_1',
    tool_results: [{ tool_call_id: 'call_1', content: '{"ok":true}' }],
  });
  expect(body).not.toHaveProperty('message');
});

test.each(['chat', 'turn'] as const)(
  'a sound and a video are parts of a request for %s, and read back from it',
  (surface) => {
    const attachments = [
      { name: 'a.mp3', url: 'data:audio/mpeg;base64,SUQz' },
      { name: 'b.mp4', url: 'data:video/mp4;base64,AAAA' },
    ];
    const body = toBody(draft(surface), [{ role: 'user', text: 'What is this?', attachments }]);
    const json = JSON.stringify(body);
    expect(json).toContain('{"type":"input_audio","input_audio":{"data":"SUQz","format":"mp3"}}');
    expect(json).toContain('{"type":"video_url","video_url":{"url":"data:video/mp4;base64,AAAA"}}');
    expect(fromBody(draft(surface), body).attachments.map(({ url }) => url)).toEqual([
      'data:audio/mp3;base64,SUQz',
      'data:video/mp4;base64,AAAA',
    ]);
  },
);

test.each(['responses', 'messages'] as const)(
  '%s has no parts for sound and video, so they cannot be attached',
  (surface) => {
    expect(takenBy(surface, ['text', 'image', 'audio', 'video'])).toEqual(['image']);
    const sound = { name: 'a.mp3', url: 'data:audio/mpeg;base64,SUQz' };
    const body = toBody(draft(surface), [{ role: 'user', text: 'What is this?', attachments: [sound] }]);
    expect(JSON.stringify(body)).not.toContain('SUQz');
  },
);
