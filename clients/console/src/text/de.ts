import { api } from './de/api.ts';
import { docs } from './de/docs.ts';
import { manage } from './de/manage.ts';
import { playground } from './de/playground.ts';
import { shell } from './de/shell.ts';
import type { TextKey } from './en.ts';

export const de: Record<TextKey, string> = { ...shell, ...playground, ...api, ...manage, ...docs };
