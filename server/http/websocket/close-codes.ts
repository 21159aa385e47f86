/** Why the gateway closes a websocket: the codes of RFC 6455, 7.4.1, and of IANA's registry, that it sends. */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** No code may be sent in this place: the peer closed without one. */
  none: 1005,
  invalidText: 1007,
  policy: 1008,
  tooLarge: 1009,
  tryAgainLater: 1013,
} as const;

/** Codes that a peer may send (RFC 6455, 7.4.2). */
export const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
