/**
 * What one UTF-16 unit weighs, in sixteenths of a token. The weights were measured with samples of each script and the
 * tokenizers of GPT-4, GPT-4o and Llama 3. Where these differ, the weight is near the largest one, because a prompt
 * that is too long is refused. A row applies up to its unit `last`.
 */
const WEIGHTS: readonly (readonly [last: number, weight: number])[] = [
  [0x08, 20],
  // Spaces and line breaks belong to the word after them.
  [0x20, 4],
  [0x2f, 10],
  // GPT and Llama join up to three digits; Qwen, Gemma and DeepSeek join none.
  [0x39, 11],
  [0x40, 10],
  // English prose: four letters a token.
  [0x5a, 4],
  [0x60, 10],
  [0x7a, 4],
  [0x7f, 10],
  // Accented Latin letters.
  [0x2ff, 12],
  // Greek, Cyrillic.
  [0x3ff, 13],
  [0x52f, 9],
  // Armenian, Hebrew, Arabic.
  [0x58f, 28],
  [0x5ff, 16],
  [0x8ff, 11],
  // Devanagari, other Indian scripts, Thai, and those of South-East Asia, Georgia and Ethiopia.
  [0x97f, 16],
  [0xdff, 21],
  [0xe7f, 15],
  [0x1cff, 36],
  // Latin with two marks (Vietnamese), punctuation, signs.
  [0x1fff, 22],
  [0x2dff, 22],
  // Kana; Chinese characters; Hangul.
  [0x33ff, 15],
  [0xabff, 18],
  [0xd7ff, 17],
  // Half of a surrogate pair: an emoji is two of these.
  [0xdfff, 24],
  [0xffff, 18],
];

/** Marks letters and digits in the table. */
const WORD = 0x80;
/** The weight of a letter or digit outside words, for example in base64 or hashes. */
const IN_RUN = 12;
/** A run of so many letters and digits is not a word. */
const LONGEST_WORD = 32;

function createTable(): Uint8Array {
  const table = new Uint8Array(0x1_0000);
  let from = 0;
  for (const [last, weight] of WEIGHTS) {
    table.fill(weight, from, last + 1);
    from = last + 1;
  }
  for (const char of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') {
    const unit = char.charCodeAt(0);
    table[unit] = (table[unit] ?? 0) | WORD;
  }
  return table;
}

const table = createTable();

/** The weight of a part of the text, in sixteenths of a token. */
function weigh(text: string, start: number, end: number): number {
  let sum = 0;
  let run = 0;
  for (let at = start; at < end; at++) {
    const entry = table[text.charCodeAt(at)] ?? 0;
    if (entry < WORD) {
      run = 0;
      sum += entry;
    } else {
      run++;
      sum += run > LONGEST_WORD ? IN_RUN : entry - WORD;
    }
  }
  return sum;
}

/** Longer texts are estimated from samples, so that megabytes delay nobody. In UTF-16 units. */
const WHOLE = 256 * 1024;
const SAMPLES = 64;
const SAMPLE = WHOLE / SAMPLES;

/**
 * How many tokens a text is likely to have in any model. For every script, the estimate is rather too high than too
 * low.
 */
export function estimateTokens(text: string): number {
  const { length } = text;
  if (length <= WHOLE) return Math.ceil(weigh(text, 0, length) / 16);
  const step = (length - SAMPLE) / (SAMPLES - 1);
  let sum = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const start = Math.floor(i * step);
    sum += weigh(text, start, start + SAMPLE);
  }
  return Math.ceil(((sum / WHOLE) * length) / 16);
}
