-- A title that a model worded is made of the first message and of its answer, and goes with either of them.
DROP TRIGGER "Message_title_deleted";
DROP TRIGGER "Message_title_rewritten";

CREATE TRIGGER "Message_title_deleted" AFTER DELETE ON "Message" WHEN old."seq" <= 2 BEGIN
    UPDATE "Conversation" SET "title" = NULL, "titleSource" = NULL
    WHERE "id" = old."conversationId" AND ("titleSource" = 'model' OR ("titleSource" = 'message' AND old."seq" = 1));
END;

CREATE TRIGGER "Message_title_rewritten" AFTER UPDATE OF "text" ON "Message"
WHEN old."seq" <= 2 AND new."text" IS NOT old."text" BEGIN
    UPDATE "Conversation" SET "title" = NULL, "titleSource" = NULL
    WHERE "id" = new."conversationId" AND ("titleSource" = 'model' OR ("titleSource" = 'message' AND old."seq" = 1));
END;
