import { join } from 'node:path';
import closeWithGrace from 'close-with-grace';
import { createApp } from './app.ts';
import { loadEnv } from './env.ts';
import { StartCode } from './features/access/start-code.ts';
import { openLog } from './observe/open-log.ts';
import { describeStartFailure } from './setup/describe-start-failure.ts';
import { openBearer } from './setup/open-bearer.ts';
import { openProviders } from './setup/open-providers.ts';
import { migrationsDir, packageFiles, packageRoot, readVersion } from './setup/package-root.ts';
import { printWelcome } from './setup/print-welcome.ts';
import { openStore } from './store/open-store.ts';

/** How long answers that are under way may go on at a stop; then their connections are cut and what came is stored. */
const GRACE_MS = 10_000;
/** When even that hangs, the process ends all the same. */
const GIVE_UP_MS = GRACE_MS + 5_000;

async function start(): Promise<void> {
  const env = loadEnv();
  const version = readVersion();
  const { catalog, configuration } = await openProviders(env, packageFiles);
  const store = await openStore({
    url: env.databaseUrl,
    migrationsDir,
    synchronous: env.synchronous,
    onError: (error) => app.log.error({ err: error }, 'could not be written'),
  });
  const { bearer, file: bearerFile, created } = openBearer(env.apiBearer, env.dataDir);
  const printsLink = env.startLink === 'on' || (env.startLink === 'auto' && env.isLocal && process.stdout.isTTY);
  const startCode = printsLink ? new StartCode(bearer) : null;
  const app = await createApp({
    env,
    bearer,
    startCode,
    catalog,
    configuration,
    store,
    version,
    docsDir: join(packageRoot, 'docs'),
    log: openLog(env.log.format, process.stdout.isTTY),
    consoleDir: join(packageRoot, 'dist/console'),
    clientFile: join(packageRoot, 'dist/client/client.tgz'),
  });

  // A hang-up asks for the models file to be read again, as it does of other servers; how that went is in the log.
  process.on('SIGHUP', () => void configuration.reload().catch(() => {}));
  closeWithGrace({ delay: GIVE_UP_MS, skip: ['SIGHUP'] }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'stopping after an unexpected failure');
    const cut = setTimeout(() => app.server.closeAllConnections(), GRACE_MS);
    // It is still served meanwhile: load balancers are told by `/readyz`, clients of new runs by their errors.
    await app.stopRuns(GRACE_MS);
    await app.close();
    clearTimeout(cut);
    await configuration.close();
    await store.close();
  });
  const url = await app.listen({ host: env.host, port: env.port });
  printWelcome({
    url,
    version,
    catalog,
    providers: configuration.providers,
    bearerFile,
    newBearer: created ? bearer : null,
    startCode: startCode?.code ?? null,
  });
}

// Where nobody can read the welcome, the log is lost as well, and says so on the standard error.
process.stdout.on('error', () => {});

try {
  await start();
} catch (error) {
  process.stderr.write(`${describeStartFailure(error)}\n`);
  process.exit(1);
}
