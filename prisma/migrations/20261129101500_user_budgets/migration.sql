-- AlterTable
ALTER TABLE "Reservation" ADD COLUMN "userId" TEXT;
ALTER TABLE "Reservation" ADD COLUMN "tokens" BIGINT NOT NULL DEFAULT 0;

-- CreateTable
CREATE TABLE "UserBudget" (
    "owner" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "dailyBudget" BIGINT,
    "monthlyBudget" BIGINT,
    "dailyTokens" BIGINT,
    "monthlyTokens" BIGINT,

    PRIMARY KEY ("owner", "userId")
);

-- CreateTable
CREATE TABLE "UserSpend" (
    "owner" TEXT NOT NULL,
    "userId" TEXT NOT NULL,
    "day" TEXT NOT NULL,
    "amount" BIGINT NOT NULL,
    "tokens" BIGINT NOT NULL,

    PRIMARY KEY ("owner", "userId", "day")
);

-- CreateIndex
CREATE INDEX "Reservation_owner_userId_idx" ON "Reservation"("owner", "userId");
