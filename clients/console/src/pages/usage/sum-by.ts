interface Sums {
  readonly requests: number;
  readonly failed: number;
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly cost_usd: number;
}

export interface Row {
  readonly name: string | null;
  readonly requests: number;
  readonly failed: number;
  readonly prompt: number;
  readonly completion: number;
  readonly cost: number;
}

/** A millionth of a dollar: sums of binary fractions are rounded to it. */
const MICRO = 1_000_000;

/** The days added up, the most expensive first. */
export function sumBy<Name extends string>(
  items: readonly (Sums & { readonly [key in Name]?: string | null | undefined })[],
  by: Name,
): Row[] {
  const rows = new Map<string | null, Row>();
  for (const item of items) {
    const name = item[by] ?? null;
    const row = rows.get(name);
    rows.set(name, {
      name,
      requests: (row?.requests ?? 0) + item.requests,
      failed: (row?.failed ?? 0) + item.failed,
      prompt: (row?.prompt ?? 0) + item.prompt_tokens,
      completion: (row?.completion ?? 0) + item.completion_tokens,
      cost: Math.round(((row?.cost ?? 0) + item.cost_usd) * MICRO) / MICRO,
    });
  }
  return [...rows.values()].sort((a, b) => b.cost - a.cost || b.requests - a.requests);
}
