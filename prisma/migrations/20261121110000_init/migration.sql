-- CreateTable
CREATE TABLE "Conversation" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "userId" TEXT,
    "title" TEXT,
    "model" TEXT,
    "systemPrompt" TEXT,
    "messageCount" INTEGER NOT NULL DEFAULT 0,
    "activeTurnId" TEXT,
    "activeOwner" TEXT,
    "createdAt" DATETIME NOT NULL,
    "lastUsedAt" DATETIME NOT NULL
);

-- CreateTable
CREATE TABLE "Message" (
    "key" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    "id" TEXT NOT NULL,
    "conversationId" TEXT NOT NULL,
    "seq" INTEGER NOT NULL,
    "parentId" TEXT,
    "turnId" TEXT NOT NULL,
    "role" TEXT NOT NULL,
    "prompt" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "reasoning" TEXT,
    "status" TEXT NOT NULL,
    "model" TEXT,
    "finishReason" TEXT,
    "usage" TEXT,
    "createdAt" DATETIME NOT NULL,
    CONSTRAINT "Message_conversationId_fkey" FOREIGN KEY ("conversationId") REFERENCES "Conversation" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "Usage" (
    "requestId" TEXT NOT NULL PRIMARY KEY,
    "at" DATETIME NOT NULL,
    "operation" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "provider" TEXT,
    "model" TEXT,
    "promptTokens" INTEGER NOT NULL,
    "completionTokens" INTEGER NOT NULL,
    "cachedTokens" INTEGER NOT NULL,
    "reasoningTokens" INTEGER NOT NULL,
    "estimated" BOOLEAN NOT NULL,
    "outcome" TEXT NOT NULL,
    "latencyMs" INTEGER NOT NULL,
    "firstTokenMs" INTEGER,
    "conversationId" TEXT
);

-- CreateIndex
CREATE INDEX "Conversation_userId_lastUsedAt_id_idx" ON "Conversation"("userId", "lastUsedAt", "id");

-- CreateIndex
CREATE UNIQUE INDEX "Message_id_key" ON "Message"("id");

-- CreateIndex
CREATE UNIQUE INDEX "Message_conversationId_seq_key" ON "Message"("conversationId", "seq");

-- CreateIndex
CREATE INDEX "Usage_at_idx" ON "Usage"("at");
