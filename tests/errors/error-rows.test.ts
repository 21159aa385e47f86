import { TRPCError } from '@trpc/server';
import { getHTTPStatusCodeFromError } from '@trpc/server/http';
import { describe, expect, test } from 'vitest';
import { errorCodes, errorRow } from '../../contracts/errors.ts';
import { AppError } from '../../server/errors/app-error.ts';
import { toWireError } from '../../server/errors/to-wire.ts';
import { countsAgainstBackend, mayFailOver, mayRetry } from '../../server/features/routing/judge-failure.ts';

/** tRPC has no code for these statuses; its clients see the nearest one. */
const withoutTrpcCode: Readonly<Record<number, number>> = { 410: 404, 431: 400 };

describe.each(errorCodes)('the row of %s', (code) => {
  const row = errorRow(code);

  test('has a tRPC code that means its HTTP status', () => {
    const error = new TRPCError({ code: row.trpc });
    expect(getHTTPStatusCodeFromError(error)).toBe(withoutTrpcCode[row.status] ?? row.status);
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
