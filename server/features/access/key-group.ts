/** The models that the keys of a group may use, and their prices. */
export interface KeyGroup {
  /** Aliases; null: every one. */
  readonly models: ReadonlySet<string> | null;
  /** The ratio that prices are multiplied by. */
  readonly ratio: number;
}
