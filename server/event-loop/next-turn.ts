const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the event loop, for one waiter a turn. Whoever does long work in pieces waits for it between
 * two of them, so that in each turn all others are served and at most one piece is done, however many are at it.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(admitNext);
  });
}

function admitNext(): void {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(admitNext);
}
