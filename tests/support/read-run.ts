/** An event of a stream of server-sent events, by its fields. */
interface SentEvent {
  readonly id: string | undefined;
  readonly data: string;
}

/** The whole events of a text; what was cut off at its end is none. */
export function sentEventsOf(text: string): SentEvent[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const lines = block.split('\n');
      const fieldOf = (name: string) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = fieldOf('data');
      return data === undefined ? [] : [{ id: fieldOf('id'), data }];
    });
}

/** Those with a number: the events of the run itself. */
export const numberedOf = (text: string): SentEvent[] => sentEventsOf(text).filter(({ id }) => id !== undefined);
