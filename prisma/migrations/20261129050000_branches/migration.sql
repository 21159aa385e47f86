-- Conversations that are there already have no branches: their head is their last message, which null stands for, and no row is
-- written.
-- AlterTable
ALTER TABLE "Conversation" ADD COLUMN "headMessageId" TEXT;

-- AlterTable
ALTER TABLE "Run" ADD COLUMN "headBefore" TEXT;

-- CreateIndex
CREATE INDEX "Message_conversationId_parentId_idx" ON "Message"("conversationId", "parentId");
