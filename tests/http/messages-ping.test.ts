import { expect, test, vi } from 'vitest';
import { startScripted } from '../support/start-scripted.ts';
import { gated } from '../support/upstream/scripts/answers.ts';

/** What comes until it ends so. */
async function readUntil(reader: ReadableStreamDefaultReader<string> | undefined, end: string): Promise<string> {
  let text = '';
  while (!text.endsWith(end)) text += (await reader?.read())?.value ?? '';
  return text;
}

test("a client that waits is sent Anthropic's pings, and then the answer", async () => {
  const gateway = await startScripted();
  const { script, gate } = gated('Rome', { gateFrom: 'headers' });
  gateway.upstream.reply(script);
  // Those that hold the status back, and that look for silence: sockets keep theirs.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  try {
    const messages = [{ role: 'user', content: 'Capital of Italy?' }];
    const ask = { model: 'scripted', max_tokens: 10, stream: true, messages };
    const asked = gateway.call('POST', '/v1/messages', ask);
    await gate.reached();
    vi.advanceTimersByTime(10_000);
    const reader = (await asked).body?.pipeThrough(new TextDecoderStream()).getReader();
    const ping = 'event: ping\ndata: {"type":"ping"}\n\n';
    expect(await readUntil(reader, ping)).toBe(ping);
    vi.advanceTimersByTime(16_000);
    expect(await readUntil(reader, ping)).toBe(ping);
    gate.open();
    expect(await readUntil(reader, 'message_stop"}\n\n')).toMatch(/^event: message_start\n/);
  } finally {
    vi.useRealTimers();
    await gateway.close();
  }
});
