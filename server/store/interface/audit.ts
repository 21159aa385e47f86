/** What an administrator did. */
export interface NewAudit {
  readonly actor: string;
  /** Such as `keys.create`. */
  readonly action: string;
  readonly subject: string;
  /** Nothing secret. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AuditStore {
  record(row: NewAudit): Promise<void>;
  /** Newest first. */
  list(page: {
    limit: number;
    offset: number;
  }): Promise<readonly (NewAudit & { readonly key: number; readonly at: Date })[]>;
}
