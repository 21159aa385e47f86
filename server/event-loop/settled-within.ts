/** Whether a promise is resolved or rejected within so many ms. */
export async function settledWithin(pending: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const silence = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const settled = pending.then(
    () => true,
    () => true,
  );
  try {
    return await Promise.race([settled, silence]);
  } finally {
    clearTimeout(timer);
  }
}
