import { agents } from './agents.ts';
import { editors } from './editors.ts';
import { libraries } from './libraries.ts';
import type { Tool } from './tool.ts';

/** Everything that `duplex connect` knows. */
export const tools: Readonly<Record<string, Tool>> = { ...agents, ...editors, ...libraries };
