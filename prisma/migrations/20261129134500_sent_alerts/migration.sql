-- CreateTable
CREATE TABLE "SentAlert" (
    "id" TEXT NOT NULL PRIMARY KEY,
    "at" DATETIME NOT NULL
);
