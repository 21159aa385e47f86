-- AlterTable
ALTER TABLE "Conversation" ADD COLUMN "owner" TEXT;

-- CreateTable
CREATE TABLE "ApiKey" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "hash" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "group" TEXT,
    "owner" TEXT NOT NULL,
    "expiresAt" DATETIME,
    "models" TEXT,
    "ipRanges" TEXT,
    "requestsPerMinute" INTEGER,
    "tokensPerMinute" INTEGER,
    "concurrent" INTEGER,
    "dailyBudget" BIGINT,
    "monthlyBudget" BIGINT,
    "enabled" BOOLEAN NOT NULL,
    "revokedAt" DATETIME,
    "createdAt" DATETIME NOT NULL,
    "revision" INTEGER NOT NULL
);

-- CreateTable
CREATE TABLE "Wallet" (
    "owner" TEXT NOT NULL PRIMARY KEY,
    "balance" BIGINT NOT NULL DEFAULT 0,
    "held" BIGINT NOT NULL DEFAULT 0,
    "createdAt" DATETIME NOT NULL,
    -- Written by hand: nobody spends what is not there, nor twice what is.
    CHECK ("balance" >= 0),
    CHECK ("held" >= 0 AND "held" <= "balance")
);

-- CreateTable
CREATE TABLE "LedgerEntry" (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "owner" TEXT NOT NULL,
    "at" DATETIME NOT NULL,
    "kind" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "author" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "reservationId" TEXT,
    "keyId" TEXT,
    "requestId" TEXT
);

-- CreateTable
CREATE TABLE "Reservation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "owner" TEXT NOT NULL,
    "keyId" TEXT,
    "amount" BIGINT NOT NULL,
    "requestId" TEXT NOT NULL,
    "process" TEXT NOT NULL,
    "createdAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "DailySpend" (
    "keyId" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,

    PRIMARY KEY ("keyId", "day")
);

-- CreateTable
CREATE TABLE "AuditRow" (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "at" DATETIME NOT NULL,
    "actor" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "details" TEXT NOT NULL
);

-- AlterTable
ALTER TABLE "Usage" ADD COLUMN "keyId" TEXT;
ALTER TABLE "Usage" ADD COLUMN "owner" TEXT;
ALTER TABLE "Usage" ADD COLUMN "group" TEXT;
ALTER TABLE "Usage" ADD COLUMN "cost" BIGINT NOT NULL DEFAULT 0;
ALTER TABLE "Usage" ADD COLUMN "price" TEXT;

-- CreateIndex
CREATE INDEX "Usage_keyId_at_idx" ON "Usage"("keyId", "at");

-- CreateIndex
CREATE UNIQUE INDEX "ApiKey_hash_key" ON "ApiKey"("hash");

-- CreateIndex
CREATE INDEX "ApiKey_revision_idx" ON "ApiKey"("revision");

-- CreateIndex
CREATE UNIQUE INDEX "LedgerEntry_reservationId_key" ON "LedgerEntry"("reservationId");

-- CreateIndex
CREATE INDEX "LedgerEntry_owner_key_idx" ON "LedgerEntry"("owner", "key");

-- CreateIndex
CREATE INDEX "Reservation_owner_idx" ON "Reservation"("owner");

-- CreateIndex
CREATE INDEX "Reservation_keyId_idx" ON "Reservation"("keyId");

-- CreateIndex
CREATE INDEX "Reservation_process_idx" ON "Reservation"("process");

-- CreateIndex
CREATE INDEX "Conversation_owner_userId_lastUsedAt_id_idx" ON "Conversation"("owner", "userId", "lastUsedAt", "id");

-- Written by hand, down to the end: the rules of money, kept by the database whoever writes to it. A later migration that
-- redefines one of these tables drops its triggers and must create them again.

-- What is held is the sum of the reservations.
CREATE TRIGGER "Reservation_insert" AFTER INSERT ON "Reservation" BEGIN
    UPDATE "Wallet" SET "held" = "held" + new."amount" WHERE "owner" = new."owner";
END;

CREATE TRIGGER "Reservation_delete" AFTER DELETE ON "Reservation" BEGIN
    UPDATE "Wallet" SET "held" = "held" - old."amount" WHERE "owner" = old."owner";
END;

CREATE TRIGGER "Reservation_update" BEFORE UPDATE ON "Reservation" BEGIN
    SELECT RAISE(ABORT, 'a reservation is never changed');
END;

-- The balance is the sum of the ledger; a charge ends its reservation.
CREATE TRIGGER "LedgerEntry_insert" AFTER INSERT ON "LedgerEntry" BEGIN
    INSERT INTO "Wallet" ("owner", "createdAt") VALUES (new."owner", new."at") ON CONFLICT ("owner") DO NOTHING;
    DELETE FROM "Reservation" WHERE "id" = new."reservationId";
    UPDATE "Wallet" SET "balance" = "balance" + new."amount" WHERE "owner" = new."owner";
    INSERT INTO "DailySpend" ("keyId", "day", "amount")
        SELECT new."keyId", substr(new."at", 1, 10), -new."amount"
        WHERE new."kind" = 'charge' AND new."keyId" IS NOT NULL
        ON CONFLICT ("keyId", "day") DO UPDATE SET "amount" = "amount" + excluded."amount";
END;

CREATE TRIGGER "LedgerEntry_update" BEFORE UPDATE ON "LedgerEntry" BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

CREATE TRIGGER "LedgerEntry_delete" BEFORE DELETE ON "LedgerEntry" BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
