import type { StoredMessage } from '../../../contracts/conversations/conversation.ts';

/** Fields that hold nothing but encoded data: `data` of sound, `file_data` of files. */
const DATA_FIELDS = new Set(['data', 'file_data']);

const BASE64 = ';base64,';

/** A data URI without its data. Null when the field has no data URI. */
function emptied(name: string, value: string): string | null {
  const data = value.slice(0, 5).toLowerCase() === 'data:' ? value.slice(0, 500).indexOf(BASE64) : -1;
  if (data >= 0) return value.slice(0, data + BASE64.length);
  return DATA_FIELDS.has(name) ? '' : null;
}

function copyOf(value: unknown, count: () => void): unknown {
  if (Array.isArray(value)) return value.map((item) => copyOf(item, count));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => {
      const empty = typeof field === 'string' ? emptied(name, field) : null;
      if (empty === null) return [name, copyOf(field, count)];
      count();
      return [name, empty];
    }),
  );
}

/** A message whose pictures, sounds and files came without their data, and how many of these there were. */
export function withoutData(message: StoredMessage): StoredMessage {
  if (!Array.isArray(message.content)) return message;
  let omitted = 0;
  const content = message.content.map((part) => {
    const copy = copyOf(part, () => {
      omitted += 1;
    });
    return { ...part, ...(typeof copy === 'object' ? copy : {}) };
  });
  return omitted === 0 ? message : { ...message, content, media_omitted: omitted };
}
