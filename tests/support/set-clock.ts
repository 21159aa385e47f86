/** Sets the machine's clock, as far as this process sees it, forward (or back) by so many ms; gives what undoes that. */
export function setClock(byMs: number): () => void {
  const real = Date.now;
  Date.now = () => real.call(Date) + byMs;
  return () => {
    Date.now = real;
  };
}

/** Lets so many ms pass at once on the clock that nobody can set, as far as this process sees it; gives what undoes that. */
export function setMonotonicClock(byMs: number): () => void {
  const real = performance.now;
  performance.now = () => real.call(performance) + byMs;
  return () => {
    performance.now = real;
  };
}
