// How long one request with a body of MAX_BODY_BYTES keeps everybody else waiting, for every shape on every surface.
// Run it with `npx tsx tests/bench/stalls.ts [megabytes] [a part of a surface's or a shape's name]` after `npm run build`.
import { makeBody, shapes, surfaces } from '../support/long-bodies.ts';
import { startStallMeter } from '../support/measure-stalls.ts';

const [megabytes = '31', only = ''] = process.argv.slice(2);
const bytes = Number(megabytes) * 1e6;
const meter = await startStallMeter();
const rows: { line: string; ms: number }[] = [];
try {
  for (const surface of Object.keys(surfaces)) {
    for (const shape of Object.keys(shapes)) {
      const body = makeBody(surface, shape, bytes - 1_000);
      if (!body || !`${surface} ${shape}`.includes(only)) continue;
      const { ms, status } = await meter.measure(body.request, 2);
      const line = `${surface.padEnd(26)}${shape.padEnd(34)}${String(status).padEnd(6)}${ms.toFixed(0).padStart(6)} ms`;
      console.log(line);
      rows.push({ line, ms });
    }
  }
} finally {
  await meter.close();
}
console.log('\nThe longest:');
for (const { line } of rows.toSorted((a, b) => b.ms - a.ms).slice(0, 15)) console.log(line);
