/** Stores which alerts were delivered, and when. */
export interface SentAlertStore {
  /** When the alert was last delivered. Null: never, or too long ago to be remembered. */
  sentAt(alert: string): Promise<Date | null>;
  /** Notes that the alert was delivered now, and forgets alerts that were delivered before `forgetBefore`. */
  record(alert: string, forgetBefore: Date): Promise<void>;
}
