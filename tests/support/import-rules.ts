import { circlesOf, type ImportGraph } from './import-graph.ts';

/** A rule finds what is wrong in a graph. Each fault is one line. */
type ImportRule = (graph: ImportGraph) => string[];

/** The interfaces of providers, of the store and of what replicas share. */
const seams = [
  'server/providers/provider.ts',
  'server/providers/upstream-tap.ts',
  'server/store/interface/',
  'server/live/interface/',
];
/** The rooms that know nothing of what is above them. */
const core = ['server/event-loop/', 'server/disk/', 'server/canonical/', 'contracts/', 'server/errors/'];

/**
 * What each room may import beside itself: files, folders (they end with a slash) and packages. The longest name that a
 * file begins with is its room. `server/app.ts` is absent, because it wires everything.
 */
export const rooms: Readonly<Record<string, readonly string[]>> = {
  'contracts/': ['zod'],
  'server/errors/': ['contracts/', 'zod'],
  'server/event-loop/': ['server/errors/', 'node'],
  'server/disk/': ['server/errors/', 'node'],
  'server/canonical/': ['contracts/', 'server/errors/', 'node', 'zod'],
  'server/live/': [...core, 'node'],
  'server/providers/': [...core, 'node', 'zod', 'undici'],
  'server/providers/embedded/': [...core, 'server/providers/', 'node', 'zod', '@fugood/llama.node'],
  'server/store/': [...core, 'node', 'zod', '@prisma/client', '@prisma/driver-adapter-utils', '@photostructure/sqlite'],
  'server/features/': [...core, ...seams, 'node', 'cockatiel'],
  'server/rpc/': [...core, ...seams, 'server/features/', '@trpc/server', 'trpc-to-openapi', 'zod', 'node'],
  'server/http/': [
    ...core,
    'server/features/',
    'server/rpc/',
    'node',
    'zod',
    ...['@trpc/server', 'fastify', 'find-my-way', 'marked', 'trpc-to-openapi', 'zod-openapi'],
  ],
  // It reads what the meter and the dispatcher say.
  'server/observe/': [
    ...core,
    ...seams,
    'server/env.ts',
    'server/features/',
    'server/providers/http/redact.ts',
    'server/providers/http/secrets.ts',
    'server/store/background-writer.ts',
    'node',
    ...['@opentelemetry/', 'pino-pretty', 'prom-client'],
  ],
  'server/setup/': [
    ...core,
    'server/env.ts',
    'server/variables.ts',
    'server/features/metering/micro-usd.ts',
    'server/features/models/',
    'server/features/system/',
    'server/providers/',
    'server/store/store-error.ts',
    'node',
    'yaml',
    'zod',
  ],
  'server/setup/detect-local.ts': [
    'server/setup/',
    ...core,
    'server/providers/',
    'server/env.ts',
    'node',
    'undici',
    'zod',
  ],
  'server/import/': ['server/providers/presets.ts', 'server/setup/models-file.ts', 'yaml', 'zod'],
  'server/doctor/': [
    ...core,
    'server/env.ts',
    'server/variables.ts',
    'server/features/system/',
    'server/providers/provider.ts',
    'server/providers/registry.ts',
    'server/setup/',
    'server/store/inspect-database.ts',
    'node',
  ],
  // The command line asks the gateway as anybody would. Only its database it copies and looks at by itself.
  'server/cli/': [
    'contracts/',
    'server/env.ts',
    'server/doctor/',
    'server/import/',
    'server/errors/system-code.ts',
    'server/features/connect/',
    'server/observe/alerts/alert-once.ts',
    // Lines of the log look as they do where the gateway runs.
    'server/observe/open-log.ts',
    'server/setup/counted.ts',
    'server/setup/package-root.ts',
    'server/store/copy-database.ts',
    'server/store/store-error.ts',
    'node',
  ],
  'server/variables.ts': ['server/features/access/', 'server/observe/alerts/', 'zod'],
  // A group of settings has the shape that the room which reads it gives it.
  'server/env.ts': ['server/variables.ts', 'server/features/metering/', 'server/http/', 'server/observe/', 'node'],
  'server/main.ts': [
    'server/app.ts',
    'server/env.ts',
    'server/features/access/start-code.ts',
    'server/observe/open-log.ts',
    'server/setup/',
    'server/store/open-store.ts',
    'close-with-grace',
    'node',
  ],
};

const byLength = Object.keys(rooms).toSorted((one, other) => other.length - one.length);
const roomOf = (file: string) => byLength.find((room) => file.startsWith(room));

const covers = (allowed: readonly string[], target: string) =>
  allowed.some((it) => (it.endsWith('/') ? target.startsWith(it) : target === it));

const everyEdge = (graph: ImportGraph, isFault: (file: string, target: string) => boolean): string[] =>
  [...graph].flatMap(([file, imports]) =>
    imports.filter(({ target }) => isFault(file, target)).map(({ target }) => `${file} → ${target}`),
  );

const inward: ImportRule = (graph) =>
  everyEdge(graph, (file, target) => {
    const room = roomOf(file);
    if (!/^(server|contracts)\//.test(file) || file === 'server/app.ts') return false;
    return room === undefined || !covers([...(room.endsWith('/') ? [room] : []), ...(rooms[room] ?? [])], target);
  });

/** The folder of a dialect: what the registry has, and what the others do not look into. */
const dialectOf = (file: string) => /^server\/providers\/(?!http\/)([a-z-]+)\//.exec(file)?.[1];

const separateDialects: ImportRule = (graph) =>
  everyEdge(graph, (file, target) => {
    const other = dialectOf(target);
    if (['server/providers/presets.ts', 'server/providers/registry.ts'].includes(file)) return false;
    return other !== undefined && other !== dialectOf(file);
  });

const noCircles: ImportRule = (graph) =>
  circlesOf(new Map([...graph].map(([file, imports]) => [file, imports.map(({ target }) => target)])));

const featureOf = (file: string) => /^server\/features\/([^/]+)\//.exec(file)?.[1];

/** Two rooms that import each other are a circle of two. A detour through a third room is one of three. */
const featuresOneWay: ImportRule = (graph) => {
  const edges = new Map<string, string[]>();
  for (const [file, imports] of graph) {
    const room = featureOf(file);
    if (room === undefined) continue;
    const others = imports.flatMap(({ target }) => featureOf(target) ?? []).filter((other) => other !== room);
    edges.set(room, [...(edges.get(room) ?? []), ...others]);
  }
  return circlesOf(edges);
};

const nothingMissing: ImportRule = (graph) =>
  everyEdge(
    graph,
    (_, target) =>
      /^(server|contracts)\//.test(target) && !target.startsWith('server/store/generated/') && !graph.has(target),
  );

const clientsTakeTypes: ImportRule = (graph) =>
  [...graph].flatMap(([file, imports]) =>
    file.startsWith('clients/')
      ? imports
          .filter(({ target, typeOnly }) => target.startsWith('server/') && !(typeOnly && /\/rpc\//.test(target)))
          .map(({ target }) => `${file} → ${target}`)
      : [],
  );

export const importRules: Readonly<Record<string, ImportRule>> = {
  'dependencies point inward': inward,
  'no dialect knows another, and only the registry and the presets look into one': separateDialects,
  'no imports run in a circle, those of types included': noCircles,
  'no rooms of the features import each other, types and detours through a third room included': featuresOneWay,
  'every import of the project leads to a file': nothingMissing,
  "clients take contracts and the router's types, and drag no code of the server in": clientsTakeTypes,
};
