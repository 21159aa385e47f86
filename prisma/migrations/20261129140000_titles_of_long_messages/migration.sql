-- A long message is inserted without its words, which are written while it is `in_progress`. That does not rewrite it, so
-- the title stays that was taken from its words.
DROP TRIGGER "Message_title_rewritten";
CREATE TRIGGER "Message_title_rewritten" AFTER UPDATE OF "text" ON "Message"
WHEN old."seq" = 1 AND old."status" IS NOT 'in_progress' AND new."text" IS NOT old."text" BEGIN
    UPDATE "Conversation" SET "title" = NULL, "titleSource" = NULL
    WHERE "id" = new."conversationId" AND "titleSource" = 'message';
END;
