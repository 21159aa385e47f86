import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { root } from '../support/start-gateway.ts';

const Lockfile = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      engines: z.union([z.record(z.string(), z.string()), z.array(z.string())]).optional(),
      license: z.string().optional(),
      resolved: z.string().optional(),
      version: z.string().optional(),
    }),
  ),
});

const { packages } = Lockfile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
const installed = Object.entries(packages).filter(([path]) => path !== '');
/** What `npm ci --omit=dev` installs. */
const runTime = installed.filter(([, { dev }]) => !dev);

/** Licences that allow to use and pass on a package with this project under MIT. */
const allowedLicences = new Set(['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT']);

test('every package that runs in production has a licence that MIT projects can use', () => {
  expect(runTime.length).toBeGreaterThan(50);
  const others = runTime.filter(([, { license }]) => !allowedLicences.has(license ?? ''));
  expect(others.map(([path, { license }]) => `${path}: ${license}`)).toEqual([]);
});

test("Prisma's command line and what comes with it are no part of the run-time tree", () => {
  const paths = runTime.map(([path]) => path);
  expect(paths).toContain('node_modules/@prisma/client');
  expect(paths.filter((path) => /prisma-cli|node_modules\/prisma$|@prisma\/(engines|dev|studio)/.test(path))).toEqual(
    [],
  );
});

test('no package asks for a newer Node.js than the oldest that the gateway supports', () => {
  const tooNew = installed.filter(([, { engines }]) => /^\s*>=?\s*2[1-9](?!.*\|\|)/.test(nodeRange(engines)));
  expect(tooNew.map(([path, { engines }]) => `${path}: ${nodeRange(engines)}`)).toEqual([]);
});

test('the lockfile names no download address', () => {
  expect(installed.filter(([, { resolved }]) => resolved !== undefined).map(([path]) => path)).toEqual([]);
});

function nodeRange(engines: Record<string, string> | string[] | undefined): string {
  return engines === undefined || Array.isArray(engines) ? '' : (engines.node ?? '');
}
