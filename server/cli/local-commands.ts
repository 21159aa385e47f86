import type { Outcome } from './outcome.ts';

/** Takes the words after the command's name. Throws `UsageError`, and errors whose message is for the operator. */
type LocalCommand = (args: readonly string[]) => Outcome | Promise<Outcome>;

/** The commands that run here, and do not call the gateway. Each brings much code along, so it is loaded when it is typed. */
export const localCommands: Readonly<Record<string, () => Promise<LocalCommand>>> = {
  backup: async () => (await import('./copy-data.ts')).backUpData,
  connect: async () => (await import('./connect/connect.ts')).connect,
  doctor: async () => (await import('./doctor.ts')).diagnose,
  import: async () => (await import('./import.ts')).importConfiguration,
  restore: async () => (await import('./copy-data.ts')).restoreData,
};
