import type { Outputs } from '@duplex/client';

type Report = Outputs['api']['usage']['report'];

export type UsageItem = Report['items'][number];
export type UsageTotal = Report['total'];

/** What usage is kept apart by. */
export type Dimension = 'model' | 'key_id' | 'owner' | 'provider';

export const measures = ['cost_usd', 'tokens', 'requests'] as const;
export type Measure = (typeof measures)[number];
