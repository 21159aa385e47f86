export interface Formats {
  number(value: number, digits?: number): string;
  /** Short counts of tokens, such as `131K`. */
  compact(value: number): string;
  /** In full: a millionth of a dollar is shown as one. */
  money(usd: number): string;
  milliseconds(ms: number): string;
  percent(share: number): string;
  /** How much more or less, such as `+12%`. */
  change(share: number): string;
  /** For prices, such as `$0.15` or `$40`: whole dollars have no cents. */
  price(usd: number): string;
  day(iso: string): string;
  /** A day of UTC without its year, for the axis of a chart. */
  shortDay(iso: string): string;
  dateTime(iso: string): string;
  /** The time alone for what was today, else with its day. */
  time(iso: string): string;
  /** Such as `2 minutes ago`. */
  ago(iso: string): string;
  /** Such as `6 d 4 h`. */
  duration(seconds: number): string;
}

/** In seconds. */
const spans = [
  [86_400, 'day'],
  [3_600, 'hour'],
  [60, 'minute'],
] as const;

const NO_BREAK = '\u00a0';

/** Numbers, dates and money in the way of a language. A number and its unit never part. */
export function createFormats(language: string): Formats {
  const plain = new Intl.NumberFormat(language);
  const fixed = (digits: number) => new Intl.NumberFormat(language, { maximumFractionDigits: digits });
  const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });
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
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(language, { style: 'unit', unit: name, unitDisplay: 'narrow' }).format(value);

  function dollars(usd: number, leastDigits: number): string {
    const size = Math.abs(usd);
    const digits = size === 0 || size >= 1 ? 2 : 6;
    return new Intl.NumberFormat(language, {
      style: 'currency',
      currency: 'USD',
      currencyDisplay: 'narrowSymbol',
      minimumFractionDigits: leastDigits,
      maximumFractionDigits: digits,
    }).format(usd);
  }

  function ago(iso: string): string {
    const seconds = (Date.parse(iso) - Date.now()) / 1000;
    const [size, name] = spans.find(([least]) => -seconds >= least) ?? ([1, 'second'] as const);
    return relative.format(Math.round(seconds / size), name);
  }

  return {
    number: (value, digits) => (digits === undefined ? plain : fixed(digits)).format(value),
    compact: (value) => compact.format(value),
    money: (usd) => dollars(usd, 2),
    price: (usd) => dollars(usd, Number.isInteger(usd) ? 0 : 2),
    milliseconds: (ms) =>
      ms < 1_000
        ? `${plain.format(Math.round(ms))}${NO_BREAK}ms`
        : `${fixed(ms < 10_000 ? 2 : 1).format(ms / 1000)}${NO_BREAK}s`,
    percent: (share) => new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 1 }).format(share),
    change: (share) =>
      new Intl.NumberFormat(language, { style: 'percent', maximumFractionDigits: 0, signDisplay: 'exceptZero' }).format(
        share,
      ),
    day: (iso) => date.format(new Date(iso)),
    shortDay: (iso) => shortDay.format(new Date(iso)),
    dateTime: (iso) => dateTime.format(new Date(iso)),
    time(iso) {
      const at = new Date(iso);
      return at.toDateString() === new Date().toDateString() ? time.format(at) : dayAndTime.format(at);
    },
    ago,
    duration(seconds) {
      const days = Math.floor(seconds / 86_400);
      const hours = Math.floor((seconds % 86_400) / 3_600);
      const minutes = Math.floor((seconds % 3_600) / 60);
      const parts: [number, string][] = [
        [days, 'day'],
        [hours, 'hour'],
        [minutes, 'minute'],
        [Math.floor(seconds % 60), 'second'],
      ];
      const first = parts.findIndex(([value]) => value > 0);
      return (first < 0 ? parts.slice(3) : parts.slice(first, first + 2))
        .map(([value, name]) => unit(value, name))
        .join(NO_BREAK);
    },
  };
}
