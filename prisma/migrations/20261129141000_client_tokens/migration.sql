-- AlterTable
ALTER TABLE "ApiKey" ADD COLUMN "corsOrigins" TEXT;

-- AlterTable
ALTER TABLE "Reservation" ADD COLUMN "tokenId" TEXT;

-- CreateTable
CREATE TABLE "TokenSpend" (
    "tokenId" TEXT NOT NULL PRIMARY KEY,
    "amount" BIGINT NOT NULL
);

-- CreateIndex
CREATE INDEX "Reservation_tokenId_idx" ON "Reservation"("tokenId");
