import type { Tool } from './draft.ts';

export const toolPresets: readonly (readonly [string, readonly Tool[]])[] = [
  [
    'get_weather',
    [
      {
        name: 'get_weather',
        description: 'The weather of a city, now.',
        parameters: {
          type: 'object',
          properties: { city: { type: 'string', description: 'Such as Hanoi.' } },
          required: ['city'],
          additionalProperties: false,
        },
      },
    ],
  ],
  [
    'search_orders',
    [
      {
        name: 'search_orders',
        description: 'Orders of a customer, the newest first.',
        parameters: {
          type: 'object',
          properties: { customer: { type: 'string' }, limit: { type: 'integer', minimum: 1, maximum: 50 } },
          required: ['customer'],
        },
      },
    ],
  ],
];

export const schemaPresets: readonly (readonly [string, unknown])[] = [
  [
    'invoice',
    {
      type: 'object',
      properties: { number: { type: 'string' }, total: { type: 'number' }, currency: { type: 'string' } },
      required: ['number', 'total', 'currency'],
      additionalProperties: false,
    },
  ],
  [
    'sentiment',
    {
      type: 'object',
      properties: { sentiment: { enum: ['positive', 'neutral', 'negative'] }, because: { type: 'string' } },
      required: ['sentiment', 'because'],
      additionalProperties: false,
    },
  ],
];
