import { useDatabase } from './failures.ts';
import { Prisma, type PrismaClient } from './generated/client.ts';
import type { ProcessLock } from './process-lock.ts';
import { recoverTurns } from './recover-turns.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Wallets } from './wallets.ts';

/** Selects the processes that are making an answer or hold money. Each column has an index. */
const BUSY = Prisma.sql`
  SELECT "process" FROM "Reservation"
  UNION SELECT "process" FROM "Run" WHERE "process" IS NOT NULL
  UNION SELECT "activeOwner" FROM "Conversation" WHERE "activeOwner" IS NOT NULL`;

export interface RecoverDeps {
  readonly db: PrismaClient;
  readonly transact: Transact;
  readonly lock: ProcessLock;
  readonly wallets: Wallets;
}

/** Ends the turns of processes that are gone, and releases their reservations. Resolves with the number of these processes. */
export function recoverDead({ db, transact, lock, wallets }: RecoverDeps): Promise<number> {
  return useDatabase(async () => {
    const busy = await db.$queryRaw<{ readonly process: string }[]>(BUSY);
    const dead = busy.filter(({ process }) => !lock.isAlive(process)).length;
    if (dead === 0) return 0;
    await recoverTurns(transact, lock);
    await wallets.release();
    return dead;
  });
}
