const PATTERN = /^#start=([\w-]{1,200})$/;

function read(): string | null {
  const code = PATTERN.exec(location.hash)?.[1] ?? null;
  // A code works once: neither the history nor a copied address is to have it.
  if (code !== null) history.replaceState(null, '', location.pathname + location.search);
  return code;
}

let waiting = read();

/** The code of the link that the start of the gateway printed, to whoever asks first; null: there is none. */
export function takeStartCode(): string | null {
  const code = waiting;
  waiting = null;
  return code;
}
