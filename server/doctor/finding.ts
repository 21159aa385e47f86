/** `problem`: requests fail because of it, or will fail. `warning`: they may fail. `skipped`: it was not checked. */
type Level = 'ok' | 'warning' | 'problem' | 'skipped';

/** The result of one check. */
export interface Finding {
  readonly level: Level;
  /** What was checked, such as `database` or `provider cloud`. */
  readonly subject: string;
  readonly what: string;
  /** What to do about it. */
  readonly advice?: string;
}

export const ok = (subject: string, what: string): Finding => ({ level: 'ok', subject, what });

export const skipped = (subject: string, what: string, advice: string): Finding => ({
  level: 'skipped',
  subject,
  what,
  advice,
});

export const warning = (subject: string, what: string, advice: string): Finding => ({
  level: 'warning',
  subject,
  what,
  advice,
});

export const problem = (subject: string, what: string, advice: string): Finding => ({
  level: 'problem',
  subject,
  what,
  advice,
});

export const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
