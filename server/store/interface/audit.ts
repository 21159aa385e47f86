/** An action of an administrator. */
export interface NewAudit {
  readonly actor: string;
  /** The name of the action, such as `keys.create`. */
  readonly action: string;
  readonly subject: string;
  /** Details of the action, without secrets. */
  readonly details: Readonly<Record<string, unknown>>;
}

export interface AuditStore {
  record(row: NewAudit): Promise<void>;
  /** The entries, newest first. */
  list(page: {
    limit: number;
    offset: number;
  }): Promise<readonly (NewAudit & { readonly key: number; readonly at: Date })[]>;
}
