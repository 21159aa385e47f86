/** Where a client finds the gateway. */
export interface Where {
  /** Such as `http://127.0.0.1:41234`. */
  readonly url: string;
  readonly apiKey: string;
  readonly model: string;
}

/** One published client, at one version, over one of the gateway's surfaces. */
export interface MatrixClient {
  readonly name: string;
  /** The text of an answer to `question`. */
  plain(where: Where, question: string): Promise<string>;
  /** The same out of a stream. */
  stream(where: Where, question: string): Promise<string>;
  /** The text after the client has run the tool `get_weather` that the model called, in a stream where it can. */
  tools(where: Where, question: string): Promise<string>;
  /** An answer in the shape of `person`; null where the client has no word for it. */
  readonly structured: ((where: Where, question: string) => Promise<unknown>) | null;
}

/** What the tool of the tests finds out. */
export const weatherIn = (city: string): string => `21 degrees in ${city}`;

export const weather = {
  name: 'get_weather',
  description: 'Get the current weather of a city',
  parameters: {
    type: 'object' as const,
    properties: { city: { type: 'string' as const } },
    required: ['city'],
    additionalProperties: false,
  },
};

export const person = {
  type: 'object' as const,
  properties: { name: { type: 'string' as const }, age: { type: 'integer' as const } },
  required: ['name', 'age'],
  additionalProperties: false,
};

/** The city of the arguments of a call. */
export function cityOf(json: string): string {
  const given: unknown = JSON.parse(json);
  if (typeof given === 'object' && given !== null && 'city' in given) return String(given.city);
  throw new Error(`The call names no city: ${json}`);
}
