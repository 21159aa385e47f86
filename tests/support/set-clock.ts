/** Sets the machine's clock, as far as this process sees it, forward (or back) by so many ms; gives what undoes that. */
export function setClock(byMs: number): () => void {
  const real = Date.now;
  Date.now = () => real.call(Date) + byMs;
  return () => {
    Date.now = real;
  };
}
