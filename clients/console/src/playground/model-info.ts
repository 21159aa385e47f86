import type { Outputs } from '@duplex/client';

export type ModelInfo = Outputs['models']['info']['models'][number];

export const takesChats = ({ endpoints }: ModelInfo): boolean => endpoints.includes('chat');

/** Whether a model takes chats, and a configured backend serves it. */
export const canTalk = (model: ModelInfo): boolean => model.available && takesChats(model);

/** Answers come from the small model that is part of the gateway, and not from the one of this name. */
export const isDemo = ({ backends }: ModelInfo): boolean =>
  backends.length > 0 && backends.every(({ kind }) => kind === 'embedded');
