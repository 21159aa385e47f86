import type { TextKey } from './en.ts';
import { api } from './vi/api.ts';
import { docs } from './vi/docs.ts';
import { manage } from './vi/manage.ts';
import { playground } from './vi/playground.ts';
import { shell } from './vi/shell.ts';

export const vi: Record<TextKey, string> = { ...shell, ...playground, ...api, ...manage, ...docs };
