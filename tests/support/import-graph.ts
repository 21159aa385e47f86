import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { root } from './start-gateway.ts';

export interface Import {
  /** A path inside the project, or the name of a package. */
  readonly target: string;
  readonly typeOnly: boolean;
}

/** The imports of each file. */
export type ImportGraph = ReadonlyMap<string, readonly Import[]>;

/** Code that a script wrote. */
const generated = /^server\/store\/generated\/|\/dist\/|node_modules\/|\.gen\.d\.ts$/;

/** The files of TypeScript and JavaScript below a folder. */
export const listCode = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((file) => join(folder, file).replaceAll('\\', '/'))
    .filter((file) => /\.(m?ts|tsx|mjs)$/.test(file) && !generated.test(file));

/** Without comments, and without the blocks of text that the command line prints. A string may hold `/*`. */
export const codeOf = (file: string): string =>
  readFileSync(join(root, file), 'utf8')
    .replace(/`\n[^`$]*`/g, "''")
    .replace(/'(?:\\.|[^'\\\n])*'|\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, (found) => (found.startsWith("'") ? found : ''));

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node';
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Finds `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`. */
export function importsIn(file: string, code: string): Import[] {
  const found = [
    ...code.matchAll(/^\s*(?:import|export)\s+(type\s)?[^'"`;]*?\sfrom\s+['"]([^'"$]+)['"]/gm),
    ...code.matchAll(/^\s*import\s+()['"]([^'"$]+)['"]/gm),
    ...code.matchAll(/\bimport\(()\s*['"]([^'"$]+)['"]/g),
  ];
  return found.map(([, type, specifier = '']) => ({
    target: specifier.startsWith('.')
      ? normalize(join(dirname(file), specifier)).replaceAll('\\', '/')
      : packageOf(specifier),
    typeOnly: Boolean(type),
  }));
}

export const readGraph = (files: readonly string[]): ImportGraph =>
  new Map(files.map((file) => [file, importsIn(file, codeOf(file))]));

/** One path for every circle that is met. */
export function circlesOf(edges: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (node: string, path: readonly string[]): void => {
    if (path.includes(node)) circles.push([...path.slice(path.indexOf(node)), node].join(' → '));
    if (path.includes(node) || done.has(node)) return;
    for (const target of edges.get(node) ?? []) visit(target, [...path, node]);
    done.add(node);
  };
  for (const node of edges.keys()) visit(node, []);
  return circles;
}
