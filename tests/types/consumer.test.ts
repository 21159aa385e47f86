import { execFile } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type Gateway, root, startGateway } from '../support/start-gateway.ts';

const packageDir = join(root, 'clients/typescript');
/** What a front end has installed; nothing of the server's is reachable from it. */
const installed = ['@trpc/client', '@trpc/server', '@types/node', '@types/ws', 'undici-types', 'ws'];

const compilerOptions = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: false,
  types: ['node'],
};

let gateway: Gateway;
let consumer: string;

async function run(command: string, args: string[], options: { cwd: string; env?: Record<string, string> }) {
  try {
    const env = { ...process.env, ...options.env };
    return (await promisify(execFile)(command, args, { cwd: options.cwd, env })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`, { cause: error });
  }
}

async function install(): Promise<void> {
  const tarball = join(consumer, 'client.tgz');
  writeFileSync(tarball, Buffer.from(await (await fetch(`${gateway.url}/client.tgz`)).arrayBuffer()));
  const target = join(consumer, 'node_modules/@duplex/client');
  mkdirSync(target, { recursive: true });
  await run('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'], { cwd: consumer });
  for (const name of installed) {
    const from = join(root, 'node_modules', name);
    if (!existsSync(from)) continue;
    mkdirSync(dirname(join(consumer, 'node_modules', name)), { recursive: true });
    // Copied: a link's own dependencies would be looked for next to where it points.
    cpSync(from, join(consumer, 'node_modules', name), { recursive: true, dereference: true });
  }
  symlinkSync(join(root, 'node_modules/typescript'), join(consumer, 'node_modules/typescript'));
}

const snippetsOf = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = '']) =>
    code.replaceAll('127.0.0.1:3000', new URL(gateway.url).host).replaceAll('YOUR_KEY', bearer),
  );

/** Node 20 has no WebSocket of its own, as the pages say. */
const WEBSOCKET = `import { WebSocket as OfPackage } from 'ws';
Object.assign(globalThis, { WebSocket: globalThis.WebSocket ?? OfPackage });
`;

/** Each snippet of the package's README; those of the other pages follow one another in one program. */
const readmeSnippets = (): string[] => [
  ...snippetsOf('clients/typescript/README.md'),
  ...['README.md', 'docs/trpc.md'].map((page) => WEBSOCKET + snippetsOf(page).join('\n')),
];

async function compile(resolution: { module: string; moduleResolution: string; lib: string[] }, outDir: string) {
  const options = { ...compilerOptions, ...resolution, outDir };
  writeFileSync(join(consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.mts'] }));
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], { cwd: consumer });
}

beforeAll(async () => {
  if (!existsSync(join(packageDir, 'dist/index.js'))) throw new Error('The client is not built: npm run build');
  gateway = await startGateway();
  consumer = mkdtempSync(join(tmpdir(), 'duplex-consumer-'));
  await install();
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ type: 'module', private: true }));
  cpSync(join(root, 'tests/types/consumer.mts'), join(consumer, 'consumer.mts'));
  for (const [place, code] of readmeSnippets().entries()) {
    // `export {}`: a snippet is a module of its own.
    writeFileSync(join(consumer, `readme-${place}.mts`), `${code}\nexport {};\n`);
  }
  await compile(
    { module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2022', 'DOM', 'DOM.AsyncIterable'] },
    'out',
  );
});

afterAll(async () => {
  rmSync(consumer, { recursive: true, force: true });
  await gateway.close();
});

describe('the packed client in a project of its own', () => {
  it('holds the build and the README, and no source of the server', () => {
    const files = readdirSync(join(consumer, 'node_modules/@duplex/client'), { recursive: true, encoding: 'utf8' });
    expect(files.filter((name) => !name.startsWith('dist')).sort()).toEqual(['LICENSE', 'README.md', 'package.json']);
    const types = readFileSync(join(consumer, 'node_modules/@duplex/client/dist/router.gen.d.ts'), 'utf8');
    const from = [...types.matchAll(/(?:from|import)\s*\(?\s*["']([^"']+)/g)].map(([, name = '']) => name);
    expect(from.filter((name) => !/^@trpc\/server(\/|$)/.test(name))).toEqual([]);
    expect(existsSync(join(consumer, 'node_modules/zod'))).toBe(false);
    expect(existsSync(join(consumer, 'node_modules/fastify'))).toBe(false);
  });

  it('compiles for a bundler as well', async () => {
    await compile({ module: 'ESNext', moduleResolution: 'Bundler', lib: ['ES2022', 'DOM'] }, 'out-bundler');
  });

  it('runs against the gateway', async () => {
    const env = { GATEWAY_URL: gateway.url, GATEWAY_KEY: bearer };
    const said = JSON.parse(await run(process.execPath, ['out/consumer.mjs'], { cwd: consumer, env }));
    expect(said).toMatchObject({ code: 'model_not_in_allowlist', param: 'model', status: 400 });
    expect(said.ids).toBeGreaterThan(1);
    expect(said.text).not.toBe('');
  });

  it('runs every snippet of its README and of the pages about it', async () => {
    const snippets = readmeSnippets();
    expect(snippets.length).toBeGreaterThan(0);
    for (const place of snippets.keys()) {
      const program = [`out/readme-${place}.mjs`];
      expect(await run(process.execPath, program, { cwd: consumer, env: { BEARER: bearer } })).not.toBe('');
    }
  });
});
