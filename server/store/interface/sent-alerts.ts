/** Which alerts were delivered, and when. */
export interface SentAlertStore {
  /** Null: it was not sent, or so long ago that it is forgotten. */
  sentAt(alert: string): Promise<Date | null>;
  /** Notes that it was delivered now, and forgets those before `forgetBefore`. */
  record(alert: string, forgetBefore: Date): Promise<void>;
}
