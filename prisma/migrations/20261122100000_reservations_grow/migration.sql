-- AlterTable
-- Written by hand: schema-diff.mjs would copy the whole table, which may have millions of rows.
ALTER TABLE "Usage" ADD COLUMN "cacheWriteTokens" INTEGER NOT NULL DEFAULT 0;

-- Written by hand, down to the end: a reservation grows with the answer that it pays for.
DROP TRIGGER "Reservation_update";

CREATE TRIGGER "Reservation_update" BEFORE UPDATE ON "Reservation"
WHEN new."id" IS NOT old."id" OR new."owner" IS NOT old."owner" OR new."keyId" IS NOT old."keyId"
    OR new."requestId" IS NOT old."requestId" OR new."process" IS NOT old."process"
    OR new."createdAt" IS NOT old."createdAt" OR new."amount" < old."amount"
BEGIN
    SELECT RAISE(ABORT, 'a reservation only grows');
END;

CREATE TRIGGER "Reservation_grow" AFTER UPDATE OF "amount" ON "Reservation" BEGIN
    UPDATE "Wallet" SET "held" = "held" + new."amount" - old."amount" WHERE "owner" = new."owner";
END;
