import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../support/start-gateway.ts';

/** A fenced block of a page. */
export interface Block {
  readonly page: string;
  /** Of its first line. */
  readonly line: number;
  readonly language: string;
  readonly text: string;
}

const FENCE = /^```(\w*)\n([\s\S]*?)^```$/gm;

/** Every page that a reader may copy from. */
export const pages: readonly string[] = [
  'README.md',
  'clients/typescript/README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md') && name !== 'CHANGELOG.md')
    .map((name) => `docs/${name}`),
];

export function readBlocks(page: string): Block[] {
  const source = readFileSync(join(root, page), 'utf8');
  return [...source.matchAll(FENCE)].map(({ index, 1: language = '', 2: text = '' }) => ({
    page,
    line: source.slice(0, index).split('\n').length + 1,
    language,
    text,
  }));
}

export const blocksOf = (...languages: readonly string[]): Block[] =>
  pages.flatMap(readBlocks).filter(({ language }) => languages.includes(language));

/** For messages of tests: where to look. */
export const placeOf = ({ page, line }: Block): string => `${page}:${line}`;
