/** A receiver of log lines, such as a logger of pino. */
export type Log = Readonly<
  Record<'error' | 'warn' | 'info' | 'debug' | 'trace', (fields: object, message: string) => void>
>;
