-- Pictures that models drew are kept once too, and what was stored before is moved in the background, row by row: reading
-- all of it here would hold up the start.
-- CreateTable
CREATE TABLE "ResponseMedia" (
    "responseId" TEXT NOT NULL,
    "at" INTEGER NOT NULL,
    "mediaId" TEXT NOT NULL,

    PRIMARY KEY ("responseId", "at"),
    CONSTRAINT "ResponseMedia_responseId_fkey" FOREIGN KEY ("responseId") REFERENCES "Response" ("id") ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT "ResponseMedia_mediaId_fkey" FOREIGN KEY ("mediaId") REFERENCES "Media" ("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- CreateTable
CREATE TABLE "MediaMove" (
    "source" TEXT NOT NULL PRIMARY KEY,
    "afterId" TEXT NOT NULL,
    "lastId" TEXT NOT NULL
);

-- CreateIndex
CREATE INDEX "ResponseMedia_mediaId_idx" ON "ResponseMedia"("mediaId");

-- Written by hand: what no message and no response has any more is gone, whoever deleted it.
DROP TRIGGER "Media_unused";

CREATE TRIGGER "Media_unused" AFTER DELETE ON "MessageMedia" BEGIN
    DELETE FROM "Media" WHERE "id" = old."mediaId"
        AND NOT EXISTS (SELECT 1 FROM "MessageMedia" WHERE "mediaId" = old."mediaId")
        AND NOT EXISTS (SELECT 1 FROM "ResponseMedia" WHERE "mediaId" = old."mediaId");
END;

CREATE TRIGGER "Media_unused_by_response" AFTER DELETE ON "ResponseMedia" BEGIN
    DELETE FROM "Media" WHERE "id" = old."mediaId"
        AND NOT EXISTS (SELECT 1 FROM "MessageMedia" WHERE "mediaId" = old."mediaId")
        AND NOT EXISTS (SELECT 1 FROM "ResponseMedia" WHERE "mediaId" = old."mediaId");
END;

-- What is there already may hold its data inside.
INSERT INTO "MediaMove" SELECT 'Message', '', "last" FROM (SELECT max("id") AS "last" FROM "Message") WHERE "last" IS NOT NULL;

INSERT INTO "MediaMove" SELECT 'Response', '', "last" FROM (SELECT max("id") AS "last" FROM "Response") WHERE "last" IS NOT NULL;
