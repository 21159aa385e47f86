-- AlterTable
ALTER TABLE "Conversation" ADD COLUMN "metadata" TEXT;

-- CreateTable
CREATE TABLE "Response" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "conversationId" TEXT NOT NULL,
    "firstSeq" INTEGER NOT NULL,
    "answerSeq" INTEGER NOT NULL,
    "echo" TEXT NOT NULL,
    "output" TEXT,
    "error" TEXT,
    "createdAt" DATETIME NOT NULL,
    "endedAt" DATETIME,
    CONSTRAINT "Response_conversationId_fkey" FOREIGN KEY ("conversationId") REFERENCES "Conversation" ("id") ON DELETE CASCADE ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "Response_conversationId_idx" ON "Response"("conversationId");
