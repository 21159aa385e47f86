-- Written by hand: schema-diff.mjs would copy the whole table, which may have millions of rows.
ALTER TABLE "Usage" ADD COLUMN "askedModel" TEXT;
ALTER TABLE "Usage" ADD COLUMN "attempts" TEXT;
