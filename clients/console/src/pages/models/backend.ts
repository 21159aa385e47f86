import type { Outputs } from '@duplex/client';

export type Backend = Outputs['api']['backends']['list']['items'][number];
