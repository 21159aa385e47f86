/** The four ways to ask for an answer. `turn` is `/c1`: the gateway remembers the conversation. */
export const surfaces = ['chat', 'turn', 'responses', 'messages'] as const;
export type Surface = (typeof surfaces)[number];

export const paths: Record<Surface, string> = {
  chat: '/v1/chat/completions',
  turn: '/c1/chat',
  responses: '/v1/responses',
  messages: '/v1/messages',
};

export type Body = Readonly<Record<string, unknown>>;

/** What is sent beside a text: an image, a sound or a video. */
export interface Attachment {
  readonly name: string;
  /** A data URI. */
  readonly url: string;
  /** Present: it is an image that was made smaller. The sizes are in pixels, and the original is a data URI. */
  readonly shrunk?: { readonly from: string; readonly to: string; readonly original: string };
}

export interface ToolResult {
  readonly id: string;
  readonly content: string;
  readonly failed: boolean;
}

export interface Call {
  readonly id: string;
  readonly name: string;
  /** JSON as text, as the model wrote it. */
  readonly arguments: string;
}

/** What goes in, and what came out, as every surface can tell it. */
export type Message =
  | { readonly role: 'user'; readonly text: string; readonly attachments: readonly Attachment[] }
  | { readonly role: 'assistant'; readonly text: string; readonly calls: readonly Call[] }
  | { readonly role: 'tool'; readonly result: ToolResult };

export interface Parameters {
  readonly temperature: number | null;
  readonly topP: number | null;
  readonly maxTokens: number | null;
  readonly effort: string | null;
  readonly seed: number | null;
}

export interface Tool {
  readonly name: string;
  readonly description?: string | undefined;
  readonly parameters?: unknown;
}

/** What a request is made from, whichever surface it is for. */
export interface Draft {
  readonly surface: Surface;
  readonly model: string;
  readonly system: string;
  readonly parameters: Parameters;
  readonly tools: readonly Tool[];
  /** A JSON schema that the answer must fit; null: text. */
  readonly schema: unknown;
  /** Fields that no control shows. */
  readonly extra: Body;
  /** The conversation of `/c1`; null: a new one. */
  readonly conversationId: string | null;
}

export const noParameters: Parameters = { temperature: null, topP: null, maxTokens: null, effort: null, seed: null };

export const newDraft = (model: string): Draft => ({
  surface: 'turn',
  model,
  system: '',
  parameters: noParameters,
  tools: [],
  schema: null,
  extra: {},
  conversationId: null,
});

/** Without what is not set. */
export const given = (fields: Body): Body =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== null && value !== undefined && value !== ''),
  );
