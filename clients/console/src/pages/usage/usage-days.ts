const DAY_MS = 86_400_000;

/** The day of UTC that many days ago, such as `2026-11-29`. */
export const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** Every day from one until today, named as the gateway names the beginnings of its days. */
export function daysSince(from: string): string[] {
  const days: string[] = [];
  for (let at = Date.parse(from); at <= Date.now(); at += DAY_MS) days.push(new Date(at).toISOString());
  return days;
}
