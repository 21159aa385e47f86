import { type ErrorCode, errorCatalog } from '../../contracts/errors.ts';

/** By how much a request exceeds a model's window, as far as the server told. In tokens. */
export interface Overflow {
  /** Null when the server only told its window. */
  readonly prompt: number | null;
  /** The number of output tokens that were requested. Null when it is unknown. */
  readonly answer: number | null;
  readonly window: number;
}

interface AppErrorOptions {
  /** The field at fault, such as `messages[0].content`. */
  param?: string;
  /** Only goes to the log, never to a client. */
  cause?: unknown;
  /** After how many seconds a retry makes sense; becomes `Retry-After`. */
  retryAfter?: number | undefined;
  /** The conversation of the turn that failed, for callers that see no headers. */
  conversationId?: string;
  /** The sizes, for `context_length_exceeded`. */
  overflow?: Overflow | undefined;
}

/** The only error class for clients. Its message is written for the client and must hold nothing secret. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly param: string | null;
  readonly retryAfter: number | undefined;
  readonly conversationId: string | undefined;
  readonly overflow: Overflow | undefined;

  constructor(code: ErrorCode, message: string = errorCatalog[code].description, options: AppErrorOptions = {}) {
    super(message, { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.param = options.param ?? null;
    this.retryAfter = options.retryAfter;
    this.conversationId = options.conversationId;
    this.overflow = options.overflow;
  }

  /** The same error, for a turn of this conversation. */
  inConversation(conversationId: string): AppError {
    const { code, message, param, retryAfter, overflow } = this;
    return new AppError(code, message, {
      ...(param === null ? {} : { param }),
      ...(retryAfter === undefined ? {} : { retryAfter }),
      conversationId,
      overflow,
      cause: this,
    });
  }

  get status(): number {
    return errorCatalog[this.code].status;
  }
}
