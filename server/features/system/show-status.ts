import type { GatewayStatus } from '../../../contracts/system/status.ts';

const startedAt = Date.now() - process.uptime() * 1000;

/** `GET /api/status` */
export const showStatus = (version: string): GatewayStatus => ({
  success: true,
  message: '',
  data: {
    version,
    system_name: 'Duplex',
    start_time: Math.floor(startedAt / 1000),
    uptime_seconds: Math.floor(process.uptime()),
  },
});
