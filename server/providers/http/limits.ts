const MB = 1024 * 1024;

/** The largest answer to a chat that is read, in bytes. Pictures in it are base64. */
export const MAX_ANSWER = 64 * MB;

/** The same for an answer that holds ten pictures, or the embeddings of thousands of texts. */
export const MAX_LARGE_ANSWER = 128 * MB;

/** The same for answers to questions that cost no tokens: a list of models, a count. */
export const MAX_SMALL_ANSWER = MB;

/** One event of a stream, in bytes. A picture is one event. */
export const MAX_EVENT = 64 * MB;

/**
 * What may come between two pieces of an answer: lines of a stream (comments, pings, events that add nothing), and
 * bytes. A server that runs tools of its own sends thousands of events meanwhile.
 */
export const MAX_IDLE_LINES = 65_536;
export const MAX_IDLE_BYTES = 2 * MAX_EVENT;

/** Of the body of an error: what it says is shorter. In bytes. */
export const MAX_ERROR = 64 * 1024;
