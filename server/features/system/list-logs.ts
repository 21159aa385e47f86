import type { ListLogsRequest, LogLevel, LogList } from '../../../contracts/system/logs.ts';
import type { Principal } from '../access/caller.ts';
import { ensureAdmin } from '../access/ensure-admin.ts';

export interface KeptLine {
  readonly id: number;
  /** One line of JSON. */
  readonly text: string;
}

/** Lines of the log that can still be read. */
export interface LogSource {
  newestFirst(): readonly KeptLine[];
}

/** The numbers of pino. */
const levels: Readonly<Record<LogLevel, number>> = { trace: 10, debug: 20, info: 30, warn: 40, error: 50, fatal: 60 };

/** `GET /api/logs` */
export function listLogs(source: LogSource, request: ListLogsRequest, principal: Principal): LogList {
  ensureAdmin(principal);
  const { level = 'trace', after = 0, limit = 100 } = request;
  const items: LogList['items'] = [];
  for (const { id, text } of source.newestFirst()) {
    if (id <= after || items.length === limit) break;
    const line: Record<string, unknown> = JSON.parse(text);
    if (Number(line.level) >= levels[level]) items.push({ id, line });
  }
  return { items: items.reverse() };
}
