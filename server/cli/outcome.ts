/** The output of a command that runs in this process. */
export interface Outcome {
  /** For stdout. */
  readonly text: string;
  /** Lines for stderr. */
  readonly notes?: readonly string[];
  /** False: the command found a problem. */
  readonly isWell?: boolean;
}
