-- Written by hand: what the schema language cannot say.

-- Full-text search over the messages' words. The index holds no copy of the text ("external content"): the triggers
-- keep it in step. It refers to Message."key", an INTEGER PRIMARY KEY, which nothing renumbers.
-- A later migration that redefines "Message" drops these triggers and must create them again.
CREATE VIRTUAL TABLE "MessageSearch" USING fts5(
    "text",
    content = 'Message',
    content_rowid = 'key',
    tokenize = 'unicode61 remove_diacritics 2'
);

CREATE TRIGGER "MessageSearch_insert" AFTER INSERT ON "Message" BEGIN
    INSERT INTO "MessageSearch"(rowid, "text") VALUES (new."key", new."text");
END;

CREATE TRIGGER "MessageSearch_delete" AFTER DELETE ON "Message" BEGIN
    INSERT INTO "MessageSearch"("MessageSearch", rowid, "text") VALUES ('delete', old."key", old."text");
END;

CREATE TRIGGER "MessageSearch_update" AFTER UPDATE OF "text" ON "Message" BEGIN
    INSERT INTO "MessageSearch"("MessageSearch", rowid, "text") VALUES ('delete', old."key", old."text");
    INSERT INTO "MessageSearch"(rowid, "text") VALUES (new."key", new."text");
END;

-- Recovery at start asks for the busy conversations, of which there are few among many.
CREATE INDEX "Conversation_activeOwner_idx" ON "Conversation"("activeOwner") WHERE "activeOwner" IS NOT NULL;
