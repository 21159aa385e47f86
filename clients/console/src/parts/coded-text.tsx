/** A sentence of the gateway in which backticks mark code, such as those of the error catalog. */
export function CodedText({ text }: { text: string }) {
  return text.split('`').map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part));
}
