import { type ParseArgsConfig, parseArgs } from 'node:util';

/** A mistake in the typed command. */
export class UsageError extends Error {}

/**
 * Reads the words behind the name of a command. Throws `UsageError`, with the first sentence of Node's message: the others
 * explain how to pass words that begin with a dash, which no command takes.
 */
export function parseOptions<Config extends ParseArgsConfig>(
  name: string,
  args: readonly string[],
  config: Config,
): ReturnType<typeof parseArgs<Config & { args: string[]; strict: true }>> {
  try {
    return parseArgs({ ...config, args: [...args], strict: true });
  } catch (error) {
    const [what] = (error instanceof Error ? error.message : String(error)).split(/\.(?:\s|$)/);
    throw new UsageError(`${name}: ${what}.`);
  }
}
