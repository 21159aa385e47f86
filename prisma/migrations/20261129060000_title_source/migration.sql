-- Titles that are there already were set by users; null stands for that beside a title, and no row is written.
-- AlterTable
ALTER TABLE "Conversation" ADD COLUMN "titleSource" TEXT;

-- The search finds the words of a title from the first message in that message.
DROP INDEX "Conversation_untitled_idx";
CREATE INDEX "Conversation_untitled_idx" ON "Conversation"("id")
    WHERE "title" IS NOT NULL AND "titleWords" IS NULL AND "titleSource" IS NOT 'message';

-- A title goes with the words that it was taken from.
CREATE TRIGGER "Message_title_deleted" AFTER DELETE ON "Message" WHEN old."seq" = 1 BEGIN
    UPDATE "Conversation" SET "title" = NULL, "titleSource" = NULL
    WHERE "id" = old."conversationId" AND "titleSource" = 'message';
END;

CREATE TRIGGER "Message_title_rewritten" AFTER UPDATE OF "text" ON "Message"
WHEN old."seq" = 1 AND new."text" IS NOT old."text" BEGIN
    UPDATE "Conversation" SET "title" = NULL, "titleSource" = NULL
    WHERE "id" = new."conversationId" AND "titleSource" = 'message';
END;
