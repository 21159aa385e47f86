type Add = (name: string, listener: () => void) => void;

interface Events {
  readonly addEventListener?: Add;
  readonly removeEventListener?: Add;
}

interface Page extends Events {
  readonly document?: Events & { readonly visibilityState?: string };
}

/**
 * Calls back when a connection may have changed unnoticed: the browser found or lost its network, or somebody looks at
 * the page again. Returns what ends it. Outside of browsers nothing is ever called.
 */
export function onWake(listener: () => void): () => void {
  const page = globalThis as Page;
  const { document } = page;
  const onVisible = () => {
    if (document?.visibilityState === 'visible') listener();
  };
  page.addEventListener?.('online', listener);
  page.addEventListener?.('offline', listener);
  document?.addEventListener?.('visibilitychange', onVisible);
  return () => {
    page.removeEventListener?.('online', listener);
    page.removeEventListener?.('offline', listener);
    document?.removeEventListener?.('visibilitychange', onVisible);
  };
}

/** Resolves after so many ms, or sooner: at a wake event, or when the signal aborts. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  let end = () => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const timer = setTimeout(end, ms);
  const unwatch = onWake(end);
  signal.addEventListener('abort', end, { once: true });
  await ended;
  clearTimeout(timer);
  unwatch();
  signal.removeEventListener('abort', end);
}
