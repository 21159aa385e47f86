const LONG = 120;
const placeholder = (at: number) => `data:picture-${at + 1}`;

/** A request to look at and to edit, with short names in the place of long data. */
export interface ShortBody {
  readonly text: string;
  /** The text with the data in its place again. */
  restore(text: string): string;
}

export function shorten(body: unknown): ShortBody {
  const data: string[] = [];
  const text = JSON.stringify(
    body,
    (_name, value: unknown) => {
      if (typeof value !== 'string' || value.length <= LONG || /[^\w+/=:;,.-]/.test(value.slice(0, LONG))) return value;
      if (!value.startsWith('data:') && !/^[\w+/]+=*$/.test(value.slice(0, LONG))) return value;
      const at = data.indexOf(value);
      if (at >= 0) return placeholder(at);
      data.push(value);
      return placeholder(data.length - 1);
    },
    2,
  );
  return {
    text,
    restore: (edited) =>
      edited.replace(/"data:picture-(\d+)"/g, (whole, n: string) => {
        const value = data[Number(n) - 1];
        return value === undefined ? whole : JSON.stringify(value);
      }),
  };
}
