// Writes the SQL of a migration, offline: the difference between two schema files, no database involved.
//   git show HEAD:prisma/schema.prisma > old.prisma
//   node prisma/schema-diff.mjs old.prisma > prisma/migrations/<timestamp>_<name>/migration.sql
// Without a file: the difference from nothing. Read what it prints: a redefined table loses its triggers.
import { readFileSync } from 'node:fs';
import { openSchemaEngine, schema } from './schema-engine.mjs';

/** The engine wants an adapter at hand even when it needs no database. */
const connection = {
  provider: 'sqlite',
  adapterName: 'none',
  queryRaw: async () => ({ columnNames: [], columnTypes: [], rows: [] }),
  executeRaw: async () => 0,
  executeScript: async () => {},
  startTransaction: async () => {
    throw new Error('no database');
  },
  dispose: async () => {},
};
const noDatabase = { ...connection, connect: async () => connection, connectToShadowDb: async () => connection };

const oldFile = process.argv[2];
const datamodel = (content) => ({ tag: 'schemaDatamodel', files: [{ path: 'schema.prisma', content }] });

const engine = await openSchemaEngine(noDatabase);
const { stdout } = await engine.diff({
  from: oldFile ? datamodel(readFileSync(oldFile, 'utf8')) : { tag: 'empty' },
  to: datamodel(schema),
  script: true,
  exitCode: true,
  filters: { externalTables: [], externalEnums: [] },
});
process.stdout.write(stdout);
