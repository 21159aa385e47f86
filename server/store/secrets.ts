import { randomBytes } from 'node:crypto';
import { useDatabase } from './failures.ts';
import type { PrismaClient } from './generated/client.ts';
import type { SecretStore } from './interface/secrets.ts';

/** The length of each secret, in bytes: a key of AES-256. */
const LENGTH = 32;

export class Secrets implements SecretStore {
  readonly #db: PrismaClient;
  readonly #known = new Map<string, Promise<Buffer>>();

  constructor(db: PrismaClient) {
    this.#db = db;
  }

  obtain(name: string): Promise<Buffer> {
    const known = this.#known.get(name);
    if (known) return known;
    const reading = this.#read(name);
    this.#known.set(name, reading);
    // After a failure, the next call tries again.
    reading.catch(() => this.#known.delete(name));
    return reading;
  }

  #read(name: string): Promise<Buffer> {
    return useDatabase(async () => {
      const made = randomBytes(LENGTH);
      // Two processes may make a secret at once. The database keeps the first, and both processes read that one.
      await this.#db
        .$executeRaw`INSERT INTO "Secret" ("name", "value") VALUES (${name}, ${made}) ON CONFLICT DO NOTHING`;
      const { value } = await this.#db.secret.findUniqueOrThrow({ where: { name } });
      return Buffer.from(value);
    });
  }
}
