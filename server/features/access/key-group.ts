/** The models that the keys of a group may use, and their prices. */
export interface KeyGroup {
  /** Aliases; null: every one. */
  readonly models: ReadonlySet<string> | null;
  /** What prices are multiplied by. */
  readonly ratio: number;
}
