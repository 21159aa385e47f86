-- The data of large pictures, sounds and files, each kept once for its owner. Messages that are there already keep theirs
-- inside: reading all of them would hold up the start.
-- CreateTable
CREATE TABLE "Media" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "data" TEXT NOT NULL
);

-- CreateTable
CREATE TABLE "MessageMedia" (
    "messageKey" INTEGER NOT NULL,
    "at" INTEGER NOT NULL,
    "mediaId" TEXT NOT NULL,

    PRIMARY KEY ("messageKey", "at"),
    CONSTRAINT "MessageMedia_messageKey_fkey" FOREIGN KEY ("messageKey") REFERENCES "Message" ("key") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "MessageMedia_mediaId_fkey" FOREIGN KEY ("mediaId") REFERENCES "Media" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateIndex
CREATE INDEX "MessageMedia_mediaId_idx" ON "MessageMedia"("mediaId");

-- Written by hand: what no message has any more is gone, whoever deleted the message.
CREATE TRIGGER "Media_unused" AFTER DELETE ON "MessageMedia" BEGIN
    DELETE FROM "Media" WHERE "id" = old."mediaId"
        AND NOT EXISTS (SELECT 1 FROM "MessageMedia" WHERE "mediaId" = old."mediaId");
END;

-- The start looks for turns that were broken off: without this it reads all conversations.
CREATE INDEX "Conversation_active_idx" ON "Conversation"("activeOwner") WHERE "activeOwner" IS NOT NULL;
