-- CreateTable
CREATE TABLE "UsageDay" (
    "at" DATETIME NOT NULL,
    "operation" TEXT NOT NULL,
    "alias" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "keyId" TEXT NOT NULL,
    "owner" TEXT NOT NULL,
    "group" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "requests" INTEGER NOT NULL,
    "promptTokens" BIGINT NOT NULL,
    "completionTokens" BIGINT NOT NULL,
    "cachedTokens" BIGINT NOT NULL,
    "reasoningTokens" BIGINT NOT NULL,
    "cost" BIGINT NOT NULL,
    "latencyMs" BIGINT NOT NULL,
    "firstTokens" INTEGER NOT NULL,
    "firstTokenMs" BIGINT NOT NULL,

    PRIMARY KEY ("at", "operation", "alias", "provider", "keyId", "owner", "group", "outcome")
);
