import type { Outcome } from './outcome.ts';

/** Takes the words after the command's name. Throws `UsageError`, and errors whose message is for the operator. */
type RunCommand = (args: readonly string[]) => Outcome | Promise<Outcome>;

interface LocalCommand {
  /** Each brings much code along, so it is loaded when it is typed. */
  load(): Promise<RunCommand>;
  /** The words behind its name. */
  readonly words: string;
  readonly help: readonly string[];
}

/** The commands that are more than one call of the gateway. */
export const localCommands: Readonly<Record<string, LocalCommand>> = {
  logs: {
    load: async () => (await import('./logs.ts')).showLogs,
    words: '',
    help: [
      "Show the newest lines of the gateway's log",
      '--level …            The least severe lines, such as warn',
      '--limit …            How many; default: 100',
      '--follow             Also print new lines as they come',
      '--json               Print one JSON object per line',
    ],
  },
  backup: {
    load: async () => (await import('./copy-data.ts')).backUpData,
    words: ' <file>',
    help: ['Copy the database of DATA_DIR into a new file and check the copy; the gateway may be running'],
  },
  restore: {
    load: async () => (await import('./copy-data.ts')).restoreData,
    words: ' <file>',
    help: ['Restore a backup while the gateway is stopped; the old database is kept in the same folder'],
  },
  doctor: {
    load: async () => (await import('./doctor.ts')).diagnose,
    words: '',
    help: [
      'Look for problems: settings, models file, data folder, disk, database, address, clock and each provider.',
      'Exits with 1 when there is a problem.',
      '--probe              Also ask each model, which costs tokens; the cost is printed first',
      '--json               As JSON',
    ],
  },
  import: {
    load: async () => (await import('./import.ts')).importConfiguration,
    words: ' <litellm | claude-code-router> <file>',
    help: [
      'Convert the configuration of another gateway to a models file. On stderr: what cannot be converted.',
      'Keys are converted to names of variables only.',
      '--out …              Write it to this file, which must not exist',
    ],
  },
  version: {
    load: async () => {
      const { readVersion } = await import('../setup/package-root.ts');
      return () => ({ text: `${readVersion()}\n` });
    },
    words: '',
    help: ['Print the version of this command'],
  },
  connect: {
    load: async () => (await import('./connect/connect.ts')).connect,
    words: ' [tool]',
    help: [
      'Print the settings that an agent, an editor or an SDK needs to use the gateway. Without a tool, list the tools.',
      '--model …            An alias; default: the first model that serves chats',
      '--key …              The key to use and to print; default: print a placeholder',
      "--show-key           Print the administrator's bearer",
    ],
  },
};
