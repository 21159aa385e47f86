import type { GatewayError, GatewayErrorCode } from './gateway-error.ts';

const LOST: ReadonlySet<GatewayErrorCode> = new Set(['connection_lost', 'connection_failed', 'key_unavailable']);
const REFUSALS: ReadonlySet<GatewayErrorCode> = new Set(['rate_limit_exceeded', 'service_unavailable']);

/** Whether something between the client and the gateway failed, so that another attempt may find it well again. */
export const isLost = ({ code, status }: GatewayError): boolean =>
  LOST.has(code) || (code === 'unexpected_response' && (status === 429 || status >= 500));

/** Whether the gateway asks its clients to come later. */
export const isRefusal = ({ code }: GatewayError): boolean => REFUSALS.has(code);
