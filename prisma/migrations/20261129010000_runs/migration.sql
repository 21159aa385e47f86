-- CreateTable
CREATE TABLE "Run" (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL,
    "conversationId" TEXT,
    "owner" TEXT,
    "userId" TEXT,
    "process" TEXT,
    "status" TEXT NOT NULL,
    "format" TEXT NOT NULL,
    "headers" TEXT,
    "error" TEXT,
    "last" INTEGER NOT NULL DEFAULT -1,
    "isKept" BOOLEAN NOT NULL DEFAULT true,
    "isCancelled" BOOLEAN NOT NULL DEFAULT false,
    "createdAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    CONSTRAINT "Run_conversationId_fkey" FOREIGN KEY ("conversationId") REFERENCES "Conversation" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "RunEvents" (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "runKey" INTEGER NOT NULL,
    "first" INTEGER NOT NULL,
    "count" INTEGER NOT NULL,
    "packed" BLOB NOT NULL,
    CONSTRAINT "RunEvents_runKey_fkey" FOREIGN KEY ("runKey") REFERENCES "Run" ("key") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE UNIQUE INDEX "Run_id_key" ON "Run"("id");

-- CreateIndex
CREATE INDEX "Run_conversationId_idx" ON "Run"("conversationId");

-- CreateIndex
CREATE INDEX "RunEvents_runKey_first_idx" ON "RunEvents"("runKey", "first");

-- Written by hand: those that are being made, and those whose log is to be removed some day.
CREATE INDEX "Run_process_idx" ON "Run"("process") WHERE "process" IS NOT NULL;
CREATE INDEX "Run_kept_idx" ON "Run"("endedAt") WHERE "isKept" AND "endedAt" IS NOT NULL;
