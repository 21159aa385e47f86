import { fillIn, type ToolSettings } from '../../server/features/connect/tool.ts';
import { tools } from '../../server/features/connect/tools.ts';
import { bearer } from './start-gateway.ts';

/** The texts to copy that `duplex connect` prints for this tool, with the tests' key. */
export function settingsOf(name: string, place: Omit<ToolSettings, 'key'>): string[] {
  const tool = tools[name];
  if (!tool) throw new Error(`There is no tool ${name}.`);
  return fillIn(tool, { key: bearer, ...place });
}

/** What lines such as `export NAME=value` set. */
export const variablesOf = (shell: string | undefined): Record<string, string> =>
  Object.fromEntries(
    [...(shell ?? '').matchAll(/^export (\w+)=(.*)$/gm)].map(([, name = '', value = '']) => [name, value]),
  );
