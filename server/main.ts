import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { EnvError, loadEnv } from './env.ts';
import { ModelsFileError } from './models-file.ts';
import { openBearer } from './open-bearer.ts';
import { openProviders } from './open-providers.ts';
import { printWelcome } from './print-welcome.ts';
import { openStore } from './store/open-store.ts';

/** The package's root, from the sources as well as from `dist`. */
function packageRoot(): string {
  const here = dirname(dirname(fileURLToPath(import.meta.url)));
  return here.endsWith('dist') ? dirname(here) : here;
}

/** How long answers that are under way may still take at a stop, in ms. */
const GRACE_MS = 10_000;

async function start(): Promise<void> {
  const env = loadEnv();
  const root = packageRoot();
  const version: string = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
  const { bearer, created } = openBearer(env.apiBearer, env.dataDir);
  const { catalog, providers } = await openProviders(env, {
    builtInModels: join(root, 'docs/models.example.yaml'),
    weights: join(root, 'server/providers/embedded/tinychat-q8_0.gguf'),
  });
  const store = await openStore({
    url: env.databaseUrl,
    migrationsDir: join(root, 'prisma/migrations'),
    synchronous: env.synchronous,
    onError: (error) => app.log.error({ err: error }, 'usage rows could not be written'),
  });
  const app = await createApp({ env, bearer, catalog, providers, store, version, docsDir: join(root, 'docs') });

  closeWithGrace({ delay: GRACE_MS }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'stopping after an unexpected failure');
    await app.close();
    await Promise.all(providers.map((provider) => provider.close()));
    await store.close();
  });
  const url = await app.listen({ host: env.host, port: env.port });
  printWelcome({ url, version, catalog, newBearer: created ? bearer : null, dataDir: env.dataDir });
}

try {
  await start();
} catch (error) {
  const expected = error instanceof EnvError || error instanceof ModelsFileError;
  process.stderr.write(`${expected ? error.message : error instanceof Error ? error.stack : String(error)}\n`);
  process.exit(1);
}
