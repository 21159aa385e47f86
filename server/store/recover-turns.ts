import type { Owner } from './owner.ts';
import type { Transact } from './sqlite/adapter.ts';
import type { Statements } from './sqlite/connection.ts';

/** Ends the turns of processes that are gone; those of processes that live are left alone. */
export async function recoverTurns(transact: Transact, owner: Owner): Promise<void> {
  await transact((db) => {
    for (const [ownerId] of db.all(SELECT_OWNERS)) {
      if (typeof ownerId === 'string' && !owner.isAlive(ownerId)) freeTurnsOf(db, ownerId);
    }
  });
}

const SELECT_OWNERS = 'SELECT DISTINCT "activeOwner" FROM "Conversation" WHERE "activeOwner" IS NOT NULL';

/** The answers that `ownerId` was writing become `incomplete`, and their conversations take turns again. */
export function freeTurnsOf(db: Statements, ownerId: string): void {
  db.run(
    `UPDATE "Message" SET "status" = 'incomplete'
     WHERE "status" = 'in_progress'
       AND "id" IN (SELECT "activeTurnId" FROM "Conversation" WHERE "activeOwner" = ?)`,
    ownerId,
  );
  db.run('UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "activeOwner" = ?', ownerId);
}
