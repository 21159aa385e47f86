import { describe, expect, test } from 'vitest';
import { estimateTokens } from '../../server/canonical/estimate-tokens.ts';

/** How many tokens GPT-4, GPT-4o and Llama 3 make of each sample: counted with their tokenizers. */
const samples: readonly (readonly [kind: string, text: string, gpt4: number, gpt4o: number, llama3: number])[] = [
  [
    'English',
    'The server keeps the history of every conversation, so a client only sends what the user says next. When the window overflows, whole turns are dropped from the front.',
    34,
    34,
    34,
  ],
  [
    'TypeScript',
    'export function fitWindow(turns: readonly Turn[], room: number): readonly Turn[] {\n  let first = 0;\n  for (const [i, turn] of turns.entries()) {\n    if (sum <= room) continue;\n    first = i + 1;\n  }\n  return turns.slice(first);\n}\n',
    65,
    65,
    65,
  ],
  [
    'JSON',
    '{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{\\"city\\":\\"Rome\\",\\"days\\":3}"}}',
    31,
    30,
    31,
  ],
  [
    'Markdown',
    '## Limits\n\n| limit | default | setting |\n|---|---|---|\n| requests a second | 20 | `RATE_LIMIT_PER_SECOND` |\n| body | 32 MiB | `MAX_BODY_BYTES` |\n',
    46,
    46,
    46,
  ],
  [
    'base64',
    'X+zrZv/IbzjZUnhsbWlsecLbwjndTpG0ZynXOif7V+lrhrJz/zT84Z1rgE7/Wj9XR62k6qIvHUnAHlLdt4dbS9RzXjomXhbu4D9ZcYubXQMBnAfYtsUfkNo6Zm7sE6s1TgdAhWK+24tgzgXB3s/jrRa3IjCWfeAfZAt+Rym0n85LInd31N0fxhxviE9IZB0CtNEh0/0yjLCLVTH8rNq/iu8tEn3je5QrqtBhReVLDGGaHyIyey67z77Hj1Vkr+Od5/bAEXdujbfNMwtUF0/Xb30CFrYSOHpf/PuB5vCRloN5Ammb5CyKjkb7u0UBcmUX6GsixWoYn3YlptpJCBskUSxiQjLN0iF3EpTfuzEKygAKDfasi2a2ltkO8G/e+2SjGVgeJ9587QD/HOULIEfnpWfHaxy666vl7wP3wwF7tbdKRNwVNkIEqA/oDpA5RVzBYIKBgg/isk8eUjOt5q8d1U/IKyauy0fShoxO++NYFzKj58vMbC77MgYsCBcKBe64',
    362,
    342,
    362,
  ],
  [
    'hexadecimal',
    'b70a14ee1e15d7aa94bd810ec06f4cb77a346e8f33aef6bfeae3d7c4442d7a93\nec31682fde561917952ff78a7a8adeffd0febc372dd26871916c46c630381b45\n844ecc08164e2eab27634a9adee1afa6599e589570e719784e080ce747fc0e45\n844b69c4d54cc264bc2dadb6bb70f53bc123beafc0f58d81ed8cd4a07c24a5a7\n7985b0c8b858e77f57c6d403b315ade04d2485d6ec2d09694256eadd20db6f27\n29f2394eb92d0ded9247b8d7188ebddae3e13c71ebcf939302619b29604486b0\n0520220e0f12bb847b57ad4bb3dfe908368a1057a7028b92186e73769fe3cc62\n8cf3ebbdacddfddd6f13673f945f523cc9813df2fcdf2a420a230d283bdf4a7a',
    295,
    296,
    295,
  ],
  ['numbers', '3141592 6535897 9323846 2643383 2795028 8419716 9399375 1058209 7494459 2307816', 39, 39, 39],
  [
    'Chinese',
    '人工智能正在深刻改变我们的生活方式。昨天我去了图书馆，借了三本关于历史的书籍。请帮我写一封正式的邮件，说明会议因故推迟到下周三上午十点。',
    76,
    51,
    56,
  ],
  [
    'traditional Chinese',
    '人工智慧正在深刻改變我們的生活方式。昨天我去了圖書館，借了三本關於歷史的書籍，請幫我寫一封正式的郵件。',
    73,
    43,
    46,
  ],
  [
    'Japanese',
    '昨日は図書館に行って、歴史に関する本を三冊借りました。会議は来週の水曜日の午前十時に延期されることになりました。よろしくお願いいたします。',
    74,
    48,
    47,
  ],
  [
    'Korean',
    '어제 저는 도서관에 가서 역사에 관한 책을 세 권 빌렸습니다. 회의가 다음 주 수요일 오전 열 시로 연기되었음을 알려 드립니다.',
    67,
    41,
    39,
  ],
  ['Thai', 'เมื่อวานนี้ฉันไปห้องสมุดและยืมหนังสือเกี่ยวกับประวัติศาสตร์สามเล่ม กรุณาช่วยเขียนอีเมลอย่างเป็นทางการ', 92, 41, 45],
  ['Hindi', 'कल मैं पुस्तकालय गया और इतिहास के बारे में तीन किताबें लीं। कृपया एक औपचारिक ईमेल लिखने में मेरी मदद करें।', 106, 33, 55],
  ['Tamil', 'நேற்று நான் நூலகத்திற்குச் சென்று வரலாறு பற்றிய மூன்று புத்தகங்களைப் பெற்றேன்.', 107, 25, 107],
  [
    'Arabic',
    'ذهبت أمس إلى المكتبة واستعرت ثلاثة كتب عن التاريخ. الرجاء مساعدتي في كتابة بريد إلكتروني رسمي.',
    68,
    25,
    36,
  ],
  ['Hebrew', 'אתמול הלכתי לספרייה ושאלתי שלושה ספרים על היסטוריה. היום מזג האוויר יפה מאוד.', 77, 29, 77],
  [
    'Russian',
    'Вчера я ходил в библиотеку и взял три книги по истории. Пожалуйста, помогите мне написать официальное письмо.',
    59,
    28,
    35,
  ],
  [
    'Greek',
    'Χθες πήγα στη βιβλιοθήκη και δανείστηκα τρία βιβλία για την ιστορία. Σήμερα ο καιρός είναι πολύ καλός.',
    88,
    35,
    36,
  ],
  [
    'German',
    'Gestern ging ich in die Bibliothek und lieh mir drei Bücher über Geschichte aus. Die Verschiebung der Sitzung wurde bekanntgegeben.',
    34,
    28,
    34,
  ],
  ['Vietnamese', 'Hôm qua tôi đã đến thư viện và mượn ba cuốn sách về lịch sử. Hôm nay thời tiết rất đẹp.', 46, 28, 27],
  ['emoji', '😀🎉👍🏽🚀❤️🐶🍕👩‍💻🏳️‍🌈🇩🇪😂🔥✨🙏💯🤔', 60, 36, 57],
  ['signs', '┌──┬──┐ → ∑ ∫ ≤ █▓░ ✓ ✗ • … — “quoted”', 27, 26, 25],
];

describe('the estimate of a text', () => {
  test.each(samples)('in %s is near what the model with the most tokens makes of it', (_kind, text, ...counts) => {
    const tokens = estimateTokens(text);
    expect(tokens).toBeGreaterThanOrEqual(Math.max(...counts) * 0.75);
    expect(tokens).toBeLessThanOrEqual(Math.max(...counts) * 1.7);
  });

  test('of nothing is nothing, and grows with the text', () => {
    expect(estimateTokens('')).toBe(0);
    const words = (count: number) => estimateTokens('word '.repeat(count));
    expect(words(2_000)).toBeCloseTo(words(1_000) * 2, -1);
  });

  test('of megabytes is that of its samples: a text of one kind weighs as its parts do', () => {
    for (const text of ['word ', '汉字', '😀🎉', '{"a": [1, 2]}\n']) {
      const part = text.repeat(10_000);
      expect(estimateTokens(part.repeat(40)) / (estimateTokens(part) * 40)).toBeCloseTo(1, 1);
    }
  });

  test('takes the end of a long text for as much as its beginning', () => {
    const [light, heavy] = ['word '.repeat(100_000), '汉'.repeat(500_000)];
    const half = (estimateTokens(light) + estimateTokens(heavy)) / 2;
    for (const text of [light + heavy, heavy + light]) {
      expect(estimateTokens(text) / (half * 2)).toBeCloseTo(1, 1);
    }
  });
});
