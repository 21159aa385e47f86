import type { PrismaClient } from './generated/client.ts';
import type { Owner } from './owner.ts';

/** Ends the turns of processes that are gone; those of processes that live are left alone. */
export async function recoverTurns(db: PrismaClient, owner: Owner): Promise<void> {
  const owners = await db.conversation.groupBy({ by: ['activeOwner'], where: { activeOwner: { not: null } } });
  for (const { activeOwner } of owners) {
    if (activeOwner !== null && !owner.isAlive(activeOwner)) await freeTurnsOf(db, activeOwner);
  }
}

/** The answers that `ownerId` was writing become `incomplete`, and their conversations take turns again. */
export async function freeTurnsOf(db: PrismaClient, ownerId: string): Promise<void> {
  await db.$transaction([
    db.$executeRaw`
      UPDATE "Message" SET "status" = 'incomplete'
      WHERE "status" = 'in_progress'
        AND "id" IN (SELECT "activeTurnId" FROM "Conversation" WHERE "activeOwner" = ${ownerId})`,
    db.$executeRaw`
      UPDATE "Conversation" SET "activeTurnId" = NULL, "activeOwner" = NULL WHERE "activeOwner" = ${ownerId}`,
  ]);
}
