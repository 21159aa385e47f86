import { once } from 'node:events';
import { WebSocket } from 'ws';

/** What the gateway says on a websocket. */
interface WebsocketMessage {
  readonly id: number | string | null;
  readonly result?: {
    readonly type: string;
    readonly id?: string;
    readonly data?: { readonly data: { readonly conversation_id?: string } };
  };
  readonly error?: {
    readonly message: string;
    readonly data: {
      readonly httpStatus: number;
      readonly error: { readonly code: string; readonly param: string | null };
    };
  };
}

export interface Dialled {
  readonly socket: WebSocket;
  /** The next message, as text. */
  nextText(): Promise<string>;
  next(): Promise<WebsocketMessage>;
  /** Sends one message. */
  say(message: unknown): void;
  /** Resolves with the code and the reason when the connection is closed. */
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>;
}

interface DialOptions {
  readonly headers?: Record<string, string>;
  /** Such as `?connectionParams=1`. */
  readonly query?: string;
}

/** A websocket to the gateway without tRPC's client. Messages come in order, one by one. */
export async function dial({ url }: { readonly url: string }, options: DialOptions = {}): Promise<Dialled> {
  const { headers = {}, query = '' } = options;
  const socket = new WebSocket(`${url.replace('http', 'ws')}/trpc${query}`, { headers });
  const messages: string[] = [];
  const readers: { read: (text: string) => void; fail: (error: Error) => void }[] = [];
  socket.on('message', (bytes) => {
    const reader = readers.shift();
    if (reader) reader.read(String(bytes));
    else messages.push(String(bytes));
  });
  let end: Error | null = null;
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.once('close', (code, reason) => {
      resolve({ code, reason: String(reason) });
      end = new Error(`The websocket was closed: ${code} ${reason}`);
      for (const { fail } of readers.splice(0)) fail(end);
    }),
  );
  await once(socket, 'open');
  const nextText = async () => {
    const message = messages.shift();
    if (message !== undefined) return message;
    if (end) throw end;
    return new Promise<string>((read, fail) => readers.push({ read, fail }));
  };
  return {
    socket,
    closed,
    nextText,
    next: async () => JSON.parse(await nextText()),
    say: (message) => socket.send(JSON.stringify(message)),
  };
}
