/**
 * Builds the package: prints the resolved type of the server's router into one declaration file that needs nothing of
 * the server, then compiles the client against it and packs it into the file that the gateway serves at /client.tgz.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import '../../prisma/generate.mjs';
import { root, whenChanged } from '../../.build/when-changed.mjs';
import { packClient } from './pack.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');
const routerTypes = join(here, 'src/router.gen.d.ts');
const printed = 'export declare const publicRouter:';

function tsc(project) {
  const compiler = join(here, '../../node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [compiler, '-p', join(here, project)], { stdio: 'inherit' });
  if (status !== 0) process.exit(1);
}

function printRouterTypes() {
  tsc('tsconfig.router.json');
  const raw = readFileSync(join(dist, 'router/server/rpc/public-router.d.ts'), 'utf8');
  if (!raw.includes(printed)) throw new Error(`The printed type does not hold "${printed}".`);
  const types = raw.replaceAll('import("./meta.ts").Meta', 'object').replace(printed, 'export type AppRouter =');
  const imported = [...types.matchAll(/\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g)].map(([, from]) => from);
  const foreign = imported.filter((from) => from !== '@trpc/server' && !from.startsWith('@trpc/server/'));
  if (foreign.length > 0) {
    throw new Error(
      `The router's public type needs ${[...new Set(foreign)].join(', ')}. Give the procedure an answer whose type ` +
        'resolves to plain fields (a type alias, not an interface), or teach this script what to put in its place.',
    );
  }
  writeFileSync(routerTypes, `// Made by build.mjs from server/rpc/public-router.ts.\n${types}`);
  return types.length;
}

function build() {
  rmSync(dist, { recursive: true, force: true });
  const size = printRouterTypes();
  rmSync(dist, { recursive: true, force: true });
  tsc('tsconfig.json');
  copyFileSync(routerTypes, join(dist, 'router.gen.d.ts'));
  console.log(`@duplex/client built; the router's type has ${(size / 1024).toFixed(0)} KB.`);
}

const settings = ['tsconfig.json', 'clients/typescript/tsconfig.json', 'clients/typescript/tsconfig.router.json'];
const sources = ['server', 'contracts', 'clients/typescript/src'];
const inputs = [...sources, ...settings, 'clients/typescript/build.mjs'];
const texts = ['LICENSE', 'package.json', 'clients/typescript/package.json', 'clients/typescript/README.md'];
whenChanged('clients/typescript/dist/.stamp', inputs, build);
whenChanged('dist/client/.stamp', [...inputs, ...texts, 'clients/typescript/pack.mjs'], () => {
  packClient(join(root, 'dist/client/client.tgz'), { here, root });
});
