-- Two migrations of one time replaced this trigger, and the second one forgot the titles that a model worded. Such a title
-- is made of the first message and of its answer, and goes when either of them is rewritten.
DROP TRIGGER "Message_title_rewritten";
CREATE TRIGGER "Message_title_rewritten" AFTER UPDATE OF "text" ON "Message"
WHEN old."seq" <= 2 AND old."status" IS NOT 'in_progress' AND new."text" IS NOT old."text" BEGIN
    UPDATE "Conversation" SET "title" = NULL, "titleSource" = NULL
    WHERE "id" = new."conversationId" AND ("titleSource" = 'model' OR ("titleSource" = 'message' AND old."seq" = 1));
END;
