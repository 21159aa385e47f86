const waiting: (() => void)[] = [];

/**
 * Resolves in a later turn of the event loop, for one waiter in each turn. Code that does long work in pieces awaits
 * this between two pieces. In each turn at most one piece is then done, however many such tasks run, and everything
 * else is served in between.
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
