import { payloadsOf } from '../read-events.ts';
import { numberedOf } from '../read-run.ts';
import type { SeenEvent, Target, Trace } from './trace.ts';

/** Reads an acknowledged answer again, as a client does that comes back with the number of its last event. */
async function readAfter({ url, key }: Target, { runId, responseId }: Trace, last: number): Promise<string> {
  const after = last < 0 ? '' : String(last);
  const path = responseId
    ? `/v1/responses/${responseId}?stream=true${after && `&starting_after=${after}`}`
    : `/c1/runs/${runId}/events${after && `?after=${after}`}`;
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${key}` } });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${path} cannot be read again: ${text}`);
  return text;
}

function eventsIn(text: string, { responseId }: Trace): SeenEvent[] {
  if (!responseId) return numberedOf(text).map(({ id, data }) => ({ number: Number(id), data: JSON.parse(data) }));
  return payloadsOf(text).map((payload) => {
    const data = JSON.parse(payload);
    return { number: Number(data.sequence_number), data };
  });
}

/** All events of an answer, from the first one on. */
export const replay = async (target: Target, trace: Trace): Promise<SeenEvent[]> =>
  eventsIn(await readAfter(target, trace, -1), trace);

const END = /^data: \[DONE\]|^data: \{"error":|^event: response\.(?:completed|incomplete|failed)/m;

/** Whether a client that has all events so far is told how the answer ended. */
export const tellsEnd = async (target: Target, trace: Trace): Promise<boolean> =>
  END.test(await readAfter(target, trace, trace.events.length - 1));
