import { expect, test } from 'vitest';
import { startScripted } from '../support/start-scripted.ts';
import type { Script } from '../support/upstream/exchange.ts';
import { say } from '../support/upstream/scripts/answers.ts';
import { refuse } from '../support/upstream/scripts/refusals.ts';

const WINDOW = 1_000;

/** Tokens of the model that the upstream plays, which knows the letters of English alone. */
function tokensIn(text: string): number {
  let tokens = 0;
  for (const char of text) {
    const code = char.codePointAt(0) ?? 0;
    if (code > 0xffff) tokens += 2;
    else if (code > 0x0e00) tokens += 1;
    else tokens += 0.25;
  }
  return Math.ceil(tokens);
}

const counting =
  (answer: string): Script =>
  (exchange) => {
    const { messages } = JSON.parse(exchange.request.body.toString());
    const prompt = messages.reduce((sum: number, { content }: { content: string }) => sum + 4 + tokensIn(content), 0);
    return (prompt + 50 > WINDOW ? refuse('context-overflow') : say([answer]))(exchange);
  };

test.each([
  ['Chinese', '汉字很多', '好的'],
  ['Japanese', '会議は来週の水', 'はいそうです'],
  ['Korean', '회의가다음주', '알겠습니다'],
  ['Thai', 'สวัสดีครับ', 'ขอบคุณ'],
  ['emoji', '😀🎉🚀', '👍'],
  ['base64', 'eHl6MTIzNDU2Nzg5MGFiY2RlZmdoaWprbG1ub3BxcnN0dXZ3eHl6', 'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo'],
  ['English', 'How are you? ', 'Very well, thank you. '],
])('a conversation in %s never outgrows a window that is known', async (_script, question, reply) => {
  const answer = reply.repeat(Math.ceil(60 / reply.length));
  const gateway = await startScripted({
    fields: `context_window: ${WINDOW}`,
    upstream: { fallback: counting(answer) },
  });
  try {
    let conversation_id: string | undefined;
    for (let i = 0; i < 16; i++) {
      const message = `${question.repeat(Math.ceil(60 / question.length))}${i}`;
      const response = await gateway.call('POST', '/c1/chat', { model: 'scripted', message, conversation_id });
      expect([i, response.status]).toEqual([i, 200]);
      await response.text();
      conversation_id ??= response.headers.get('x-conversation-id') ?? '';
    }
  } finally {
    await gateway.close();
  }
});
