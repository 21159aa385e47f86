/** What the keys of a group may use, and at which prices. */
export interface KeyGroup {
  /** Aliases; null: every one. */
  readonly models: ReadonlySet<string> | null;
  /** What prices are multiplied by. */
  readonly ratio: number;
}
