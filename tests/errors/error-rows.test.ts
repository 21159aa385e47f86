import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { TRPC_ERROR_CODES_BY_NUMBER } from '@trpc/server/rpc';
import { describe, expect, test } from 'vitest';
import { errorCodes, errorRow } from '../../contracts/errors.ts';
import { AppError } from '../../server/errors/app-error.ts';
import { toWireError } from '../../server/errors/to-wire.ts';
import { countsAgainstBackend, mayFailOver, mayRetry } from '../../server/features/routing/judge-failure.ts';

const statusOf = (code: TRPCError['code']) => getHTTPStatusCodeFromError(new TRPCError({ code }));
const trpcStatuses = new Set(Object.values(TRPC_ERROR_CODES_BY_NUMBER).map(statusOf));

describe.each(errorCodes)('the row of %s', (code) => {
  const row = errorRow(code);

  test('has a tRPC code that means its HTTP status', () => {
    const told = statusOf(row.trpc);
    // tRPC has no code for some statuses: its clients see another one of the same class.
    if (trpcStatuses.has(row.status)) expect(told).toBe(row.status);
    else expect(Math.floor(told / 100)).toBe(Math.floor(row.status / 100));
  });

  test('is all that clients are told of the error', () => {
    const wire = toWireError(new AppError(code));
    expect(wire).toMatchObject({ status: row.status, trpcCode: row.trpc, body: { error: { code, type: row.type } } });
    expect(wire.headers['retry-after']).toBe(row.retryAfter?.toString());
    expect(wire.headers['x-should-retry']).toBe(row.shouldRetry?.toString());
  });

  test('is all that the dispatcher knows of the error', () => {
    const error = new AppError(code);
    expect(mayFailOver(error)).toBe(row.failover !== undefined);
    expect(mayRetry(error)).toBe(row.failover?.sameBackend === 'always');
    expect(mayRetry(new AppError(code, undefined, { retryAfter: 1 }))).toBe(
      row.failover !== undefined && row.failover.sameBackend !== 'never',
    );
    expect(countsAgainstBackend(error)).toBe(row.failover?.countsAgainstBackend ?? false);
  });
});
