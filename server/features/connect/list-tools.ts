import type { ToolList } from '../../../contracts/connect/tools.ts';
import { tools } from './tools.ts';

/** `GET /api/tools` */
export const listTools = (): ToolList => ({
  items: Object.entries(tools).map(([name, { title, guide, steps }]) => ({ name, title, guide, steps: [...steps] })),
});
