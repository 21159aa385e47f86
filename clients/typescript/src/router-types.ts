import type { inferRouterError, inferRouterInputs, inferRouterOutputs } from '@trpc/server';
import type { AppRouter } from './router.gen.js';

export type { AppRouter };

/** What each procedure takes, such as `Inputs['v1']['chat']['create']`. */
export type Inputs = inferRouterInputs<AppRouter>;
/** What each procedure answers. */
export type Outputs = inferRouterOutputs<AppRouter>;

/** The error envelope of the gateway, the same as on REST. */
export type WireError = inferRouterError<AppRouter>['data']['error'];

type Event<Stream> = Stream extends AsyncIterable<{ id: string; data: infer Data }> ? Data : never;

export type ChatCompletionRequest = Inputs['v1']['chat']['create'];
export type ChatCompletion = Outputs['v1']['chat']['create'];
export type ChatCompletionChunk = Event<Outputs['v1']['chat']['stream']>;
export type TurnRequest = Inputs['c1']['chat']['create'];
/** With the `conversation_id` that the next turn names. */
export type Turn = Outputs['c1']['chat']['create'];
/** With the `conversation_id` that the next turn names, and the `run_id` by which the rest can be read. */
export type TurnChunk = Event<Outputs['c1']['chat']['stream']>;
/** The making of an answer, apart from the connection that asked for it. */
export type Run = Outputs['c1']['runs']['get'];
export type ResponseRequest = Inputs['v1']['responses']['create'];
export type ResponseEvent = Event<Outputs['v1']['responses']['stream']>;
export type MessageRequest = Inputs['v1']['messages']['create'];
export type MessageEvent = Event<Outputs['v1']['messages']['stream']>;
export type Model = Outputs['models']['get'];
export type GatewayInfo = Outputs['models']['info'];
export type Conversation = Outputs['conversations']['get'];
/** A message of a conversation as the gateway keeps it. */
export type StoredMessage = Conversation['messages'][number];
export type ConversationList = Outputs['conversations']['list'];
