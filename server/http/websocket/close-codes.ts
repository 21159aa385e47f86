/** The codes with which the gateway closes a websocket (RFC 6455, 7.4.1, and IANA's registry). */
export const CloseCode = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  /** This code is never sent: it means that the peer closed without a code. */
  none: 1005,
  invalidText: 1007,
  policy: 1008,
  tooLarge: 1009,
  tryAgainLater: 1013,
} as const;

/** Codes that a peer may send (RFC 6455, 7.4.2). */
export const isCloseCode = (code: number): boolean =>
  (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
