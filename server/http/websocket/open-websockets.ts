import type { ServedWebsocket } from './served-websocket.ts';

/** The websockets that are open. */
export class OpenWebsockets {
  readonly sessions = new Set<ServedWebsocket>();

  get count(): number {
    return this.sessions.size;
  }

  /** Calls and subscriptions under way on them. */
  get calls(): number {
    let calls = 0;
    for (const session of this.sessions) calls += session.callCount;
    return calls;
  }
}
