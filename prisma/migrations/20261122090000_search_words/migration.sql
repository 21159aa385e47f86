-- Written by hand. The full-text index gives way to one of our own: it finds words in scripts without spaces, a deletion
-- leaves nothing of a word in the file, and it is brought up to date outside of the event loop.
DROP TRIGGER "MessageSearch_insert";
DROP TRIGGER "MessageSearch_delete";
DROP TRIGGER "MessageSearch_update";
DROP TABLE "MessageSearch";

-- AlterTable
ALTER TABLE "Conversation" ADD COLUMN "titleWords" TEXT;

-- CreateTable
CREATE TABLE "MessageWords" (
    "key" INTEGER NOT NULL PRIMARY KEY,
    "words" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "SearchQueue" (
    "key" INTEGER NOT NULL PRIMARY KEY
);

-- For each word the messages that have it, 1,024 messages a segment: see server/store/search/members.ts. Rows that are
-- written together stand together, since new messages are all of the last segment.
CREATE TABLE "SearchPosting" (
    "segment" INTEGER NOT NULL,
    "term" TEXT NOT NULL,
    "members" BLOB NOT NULL,
    PRIMARY KEY ("segment", "term")
) WITHOUT ROWID;

-- Whoever changes a message, by whatever program: the index follows.
CREATE TRIGGER "SearchQueue_insert" AFTER INSERT ON "Message" WHEN new."text" <> '' BEGIN
    INSERT INTO "SearchQueue" ("key") VALUES (new."key") ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER "SearchQueue_update" AFTER UPDATE OF "text" ON "Message" WHEN new."text" <> old."text" BEGIN
    INSERT INTO "SearchQueue" ("key") VALUES (new."key") ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER "SearchQueue_delete" AFTER DELETE ON "Message" WHEN old."text" <> '' BEGIN
    INSERT INTO "SearchQueue" ("key") VALUES (old."key") ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER "Conversation_title" AFTER UPDATE OF "title" ON "Conversation" WHEN new."title" IS NOT old."title" BEGIN
    UPDATE "Conversation" SET "titleWords" = NULL WHERE "id" = new."id";
END;

-- Titles that are to be indexed, and those that are.
CREATE INDEX "Conversation_untitled_idx" ON "Conversation"("id") WHERE "title" IS NOT NULL AND "titleWords" IS NULL;
CREATE INDEX "Conversation_titled_idx" ON "Conversation"("userId", "lastUsedAt", "id") WHERE "titleWords" IS NOT NULL;

-- The messages there are already are indexed after the start, a few at a time.
INSERT INTO "SearchQueue" ("key") SELECT "key" FROM "Message" WHERE "text" <> '';
