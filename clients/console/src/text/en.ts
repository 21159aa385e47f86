import { api } from './en/api.ts';
import { docs } from './en/docs.ts';
import { manage } from './en/manage.ts';
import { playground } from './en/playground.ts';
import { shell } from './en/shell.ts';

/** English has every text; the type of its names is what the other languages must have. */
export const en = { ...shell, ...playground, ...api, ...manage, ...docs };
export type TextKey = keyof typeof en;
