const MB = 1024 * 1024;

/** The largest answer to a chat, in bytes. It may hold pictures in base64. */
export const MAX_ANSWER = 64 * MB;

/** The largest answer that holds ten pictures, or the embeddings of thousands of texts. */
export const MAX_LARGE_ANSWER = 128 * MB;

/** The largest answer to a request that costs no tokens, such as a list of models or a count. */
export const MAX_SMALL_ANSWER = MB;

/** One event of a stream, in bytes. A picture is one event. */
export const MAX_EVENT = 64 * MB;

/**
 * How much may arrive between two pieces of an answer: lines of a stream (comments, pings, events that add nothing),
 * and bytes. A server that runs its own tools sends thousands of events meanwhile.
 */
export const MAX_IDLE_LINES = 65_536;
export const MAX_IDLE_BYTES = 2 * MAX_EVENT;

/** How much of the body of an error is read, in bytes; error messages are shorter. */
export const MAX_ERROR = 64 * 1024;
