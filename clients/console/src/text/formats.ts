interface NumberFormats {
  number(value: number, digits?: number): string;
  /** Short counts of tokens, such as `131K`. */
  compact(value: number): string;
  milliseconds(ms: number): string;
  percent(share: number): string;
  /** How much more or less, such as `+12%`. */
  change(share: number): string;
}

interface MoneyFormats {
  /** In full: a millionth of a dollar is shown as one. */
  money(usd: number): string;
  /** To the last millionth, also of large amounts: for what is left in a wallet. */
  balance(usd: number): string;
  /** For prices, such as `$0.15` or `$40`: whole dollars have no cents. */
  price(usd: number): string;
}

interface DateFormats {
  day(iso: string): string;
  /** A day of UTC without its year, for the axis of a chart. */
  shortDay(iso: string): string;
  dateTime(iso: string): string;
  /** The time alone for what was today, else with its day. */
  time(iso: string): string;
}

interface SpanFormats {
  /** Such as `2 minutes ago`. */
  ago(iso: string): string;
  /** Such as `6 d 4 h`. */
  duration(seconds: number): string;
}

export type Formats = NumberFormats & MoneyFormats & DateFormats & SpanFormats;

/** In seconds. */
const spans = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

const NO_BREAK = '\u00a0';

function numberFormats(language: string): NumberFormats {
  const plain = new Intl.NumberFormat(language);
  const fixed = (digits: number) => new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });
  const point = plain.formatToParts(1.5).find(({ type }) => type === 'decimal')?.value ?? '.';
  const percent = new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 });
  const change = new Intl.NumberFormat(language, {
    style: 'percent',
    maximumFractionDigits: 0,
    signDisplay: 'exceptZero',
  });
  return {
    number: (value, digits) => (digits === undefined ? plain : fixed(digits)).format(value),
    // The letters are the same in every language: some have none for thousands.
    compact: (value) => compact.format(value).replace('.', point),
    milliseconds: (ms) =>
      ms < 1_000
        ? `${plain.format(Math.round(ms))}${NO_BREAK}ms`
        : `${fixed(ms < 10_000 ? 2 : 1).format(ms / 1000)}${NO_BREAK}s`,
    percent: (share) => percent.format(share),
    change: (share) => change.format(share),
  };
}

function moneyFormats(language: string): MoneyFormats {
  function dollars(usd: number, leastDigits: number, digits = Math.abs(usd) >= 1 ? 2 : 6): string {
    return new Intl.NumberFormat(language, {
      style: 'currency',
      currency: 'USD',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: leastDigits,
      maximumFractionDigits: digits,
    }).format(usd);
  }
  return {
    money: (usd) => dollars(usd, 2),
    balance: (usd) => dollars(usd, 2, 6),
    price: (usd) => dollars(usd, Number.isInteger(usd) ? 0 : 2),
  };
}

function dateFormats(language: string): DateFormats {
  const date = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeZone: 'UTC' });
  const dateTime = new Intl.DateTimeFormat(language, { dateStyle: 'short', timeStyle: 'medium' });
  const shortDay = new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'medium' });
  const dayAndTime = new Intl.DateTimeFormat(language, {
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
  });
  return {
    day: (iso) => date.format(new Date(iso)),
    shortDay: (iso) => shortDay.format(new Date(iso)),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    time(iso) {
      const at = new Date(iso);
      return at.toDateString() === new Date().toDateString() ? time.format(at) : dayAndTime.format(at);
    },
  };
}

function spanFormats(language: string): SpanFormats {
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'narrow' })
      .formatToParts(value)
      .filter(({ type }) => type !== 'literal')
      .map((part) => part.value)
      .join(NO_BREAK);
  return {
    ago(iso) {
      const seconds = (Date.parse(iso) - Date.now()) / 1000;
      const [size, name] = spans.find(([least]) => -seconds >= least) ?? ([1, 'second'] as const);
      return relative.format(Math.round(seconds / size), name);
    },
    duration(seconds) {
      const parts: [number, string][] = [
        [Math.floor(seconds / 86_400), 'day'],
        [Math.floor((seconds % 86_400) / 3_600), 'hour'],
        [Math.floor((seconds % 3_600) / 60), 'minute'],
        [Math.floor(seconds % 60), 'second'],
      ];
      const first = parts.findIndex(([value]) => value > 0);
      return (first < 0 ? parts.slice(3) : parts.slice(first, first + 2))
        .map(([value, name]) => unit(value, name))
        .join(NO_BREAK);
    },
  };
}

/** Numbers, dates and money in the way of a language. A number and its unit never part. */
export function createFormats(language: string): Formats {
  return {
    ...numberFormats(language),
    ...moneyFormats(language),
    ...dateFormats(language),
    ...spanFormats(language),
  };
}
