/** Reads a stream of server-sent events to its end, and gives the whole events as they come. */
export async function readPieces(response: Response, onEvents: (text: string) => void): Promise<void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const end = rest.lastIndexOf('\n\n') + 2;
    if (end === 1) continue;
    onEvents(rest.slice(0, end));
    rest = rest.slice(end);
  }
}
