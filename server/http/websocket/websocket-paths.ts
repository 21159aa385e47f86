/** Where tRPC is served: its calls over HTTP are below it, and its websocket is at it. */
export const TRPC_PATH = '/trpc';
/** Where the websocket of the Responses API is served. */
export const RESPONSES_PATH = '/v1/responses';

export const WEBSOCKET_PATHS: readonly string[] = [TRPC_PATH, RESPONSES_PATH];
