/** What a command that runs here leaves for the user. */
export interface Outcome {
  /** For stdout. */
  readonly text: string;
  /** Lines for stderr. */
  readonly notes?: readonly string[];
  /** False: something was found that has to be mended. */
  readonly isWell?: boolean;
}
