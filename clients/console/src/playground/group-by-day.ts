import type { ConversationSummary } from './conversation-summary.ts';

interface Names {
  readonly language: string;
  readonly today: string;
  readonly yesterday: string;
}

const DAY_MS = 86_400_000;

/** The last used first, under the day for the last two days, and under the month before. */
export function groupByDay(
  items: readonly ConversationSummary[],
  { language, today, yesterday }: Names,
): [string, ConversationSummary[]][] {
  const midnight = new Date().setHours(0, 0, 0, 0);
  const month = new Intl.DateTimeFormat(language, { month: 'long', year: 'numeric' });
  const groups = new Map<string, ConversationSummary[]>();
  for (const item of items) {
    const time = Date.parse(item.last_used_at);
    const name = time >= midnight ? today : time >= midnight - DAY_MS ? yesterday : month.format(time);
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return [...groups];
}
