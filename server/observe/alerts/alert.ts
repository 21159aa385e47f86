/** The events that an operator can be alerted to. */
export const alertTypes = [
  'circuit.open',
  'provider.key_refused',
  'balance.low',
  'budget.reached',
  'run.completed',
  'disk.low',
  'backup.failed',
] as const;
export type AlertType = (typeof alertTypes)[number];

export interface Alert {
  readonly type: AlertType;
  /**
   * What it is about, such as a backend: of one type and subject, one alert is sent in `ALERT_EVERY_MINUTES`. Null: it
   * is about something that happens once.
   */
  readonly subject: string | null;
  /** For people: one sentence, or two. */
  readonly text: string;
  /** For programs. */
  readonly data: Readonly<Record<string, string | number | null>>;
}
