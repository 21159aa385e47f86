// From records to tables and verdicts.
import { cpuIsMeasured } from './processes.mjs';
import { tests } from './tests.mjs';

export const budgets = [
  { test: 'json16', what: 'CPU per JSON request', limit: 2 },
  { test: 'sse100', what: 'CPU per streamed chunk', limit: 1.5 },
];

export function median(values) {
  const sorted = values.filter((value) => Number.isFinite(value)).sort((a, b) => a - b);
  if (!sorted.length) return Number.NaN;
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const show = (value, digits = 1) => (Number.isFinite(value) ? value.toFixed(digits) : '–');

/** The median over rounds of a figure, and of its ratio to another target in the same round. */
function figures(records, test, target) {
  const of = (name) => records.filter((record) => record.test === test && record.target === name);
  const own = of(target);
  const perRound = (other, figure) =>
    own.map((record) => {
      const mate = of(other).find(({ round }) => round === record.round);
      return mate ? figure(record, mate) : Number.NaN;
    });
  return {
    cpu: median(own.map(({ cpu }) => cpu)),
    cpuRatio: median(perRound('bare', (mine, bare) => mine.cpu / bare.cpu)),
    perSecond: median(own.map(({ perSecond }) => perSecond)),
    rateRatio: median(perRound('bare', (mine, bare) => mine.perSecond / bare.perSecond)),
    p50: median(own.map(({ p50 }) => p50 * 1000)),
    addedP50: median(perRound('direct', (mine, direct) => (mine.p50 - direct.p50) * 1000)),
    first50: median(own.map(({ first50 }) => first50 * 1000)),
    addedFirst: median(perRound('direct', (mine, direct) => (mine.first50 - direct.first50) * 1000)),
    busy: median(own.map(({ busy }) => busy)),
    loadBusy: median(own.map(({ loadBusy }) => loadBusy)),
    others: median(own.map(({ others }) => others)),
    errors: own.reduce((sum, { errors }) => sum + errors, 0),
  };
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row.map((cell, column) => (column ? cell.padStart(widths[column]) : cell.padEnd(widths[column])));
  return rows.map((row) => line(row).join('  ')).join('\n');
}

export function printTables(records, names) {
  for (const [test, { title, unit, mode }] of Object.entries(tests)) {
    if (!records.some((record) => record.test === test)) continue;
    const stream = mode === 'stream';
    const head = [
      title,
      `CPU µs/${unit === 'events' ? 'chunk' : 'request'}`,
      '× bare',
      stream ? 'chunks/s' : 'requests/s',
      '× bare',
      ...(stream ? ['1st token p50 µs', 'added'] : ['p50 µs', 'added']),
      'busy',
      'load busy',
      'others',
      'errors',
    ];
    const rows = names.map((name) => {
      const own = figures(records, test, name);
      return [
        name,
        show(own.cpu),
        show(own.cpuRatio, 2),
        show(own.perSecond, 0),
        show(own.rateRatio, 2),
        show(stream ? own.first50 : own.p50, 0),
        name === 'direct' ? '' : show(stream ? own.addedFirst : own.addedP50, 0),
        show(own.busy, 2),
        show(own.loadBusy, 2),
        show(own.others, 2),
        String(own.errors),
      ];
    });
    console.log(`\n${table([head, ...rows])}`);
  }
  if (!cpuIsMeasured) console.log('\nCPU is not measured on this system: it is read from /proc, which only Linux has.');
}

/** Prints whether each budget holds; true when none is broken or unknown. */
export function printVerdicts({ records, left, chosen }) {
  let good = true;
  const verdict = (ok, text) => {
    if (!ok) good = false;
    console.log(`${ok ? 'holds ' : 'BROKEN'}  ${text}`);
  };
  console.log('');
  for (const { test, what, limit } of budgets) {
    if (!chosen.includes(test)) continue;
    const { cpuRatio } = figures(records, test, 'gateway');
    if (Number.isFinite(cpuRatio))
      verdict(cpuRatio <= limit, `${what}: ${show(cpuRatio, 2)} × bare, budget ${limit} ×`);
    else {
      good = false;
      console.log(`unknown ${what}: not measured, budget ${limit} ×`);
    }
  }
  for (const [name, count] of left)
    verdict(count === 0, `streams left open upstream after ${name}'s clients left: ${count}`);
  const failed = records.reduce((sum, { errors }) => sum + errors, 0);
  verdict(failed === 0, `failed requests: ${failed}`);
  return good;
}
