/** One series of a scrape. */
interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** One metric: what `# TYPE` says of it, and its series. */
export interface Family {
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"/y;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const TYPES = new Set(['counter', 'gauge', 'histogram', 'summary', 'untyped']);
/** How the names of the series of a histogram and of a summary end. */
const SUFFIX = /_(?:bucket|sum|count)$/;

function fail(line: string, why: string): never {
  throw new Error(`${why}: ${line}`);
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  for (let at = 0; at < text.length; ) {
    LABEL.lastIndex = at;
    const [whole, name = '', value = ''] = LABEL.exec(text) ?? fail(line, 'A label is malformed');
    if (name in labels) fail(line, 'A label is there twice');
    labels[name] = value;
    at += (whole ?? '').length;
    if (at === text.length) break;
    if (text[at] !== ',') fail(line, 'Labels are not separated by a comma');
    at++;
  }
  return labels;
}

function parseValue(text: string, line: string): number {
  if (text === '+Inf') return Number.POSITIVE_INFINITY;
  if (text === '-Inf') return Number.NEGATIVE_INFINITY;
  // Prometheus ignores the case of `NaN`, and prom-client writes `Nan`.
  if (/^nan$/i.test(text)) return Number.NaN;
  return /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(text) ? Number(text) : fail(line, 'A value is malformed');
}

/**
 * Reads the text format of Prometheus, version 0.0.4, and throws where a line departs from it: a series without a type or
 * away from its family, a series or a family that is there twice, or a label or value that is malformed.
 * https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function parseMetrics(text: string): Map<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line does not end with a line feed.');
  const families = new Map<string, Family>();
  const seen = new Set<string>();
  let current = '';
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const [, what, name = '', rest = ''] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (what === 'HELP' && !NAME.test(name)) fail(line, 'A name is malformed');
    if (what === 'TYPE') {
      if (!TYPES.has(rest)) fail(line, 'There is no such type');
      if (families.has(name)) fail(line, 'A family is there twice');
      families.set(name, { type: rest, samples: [] });
      current = name;
    }
    if (line.startsWith('#')) continue;
    const [, series = '', labels = '', value = ''] = SAMPLE.exec(line) ?? fail(line, 'A line is malformed');
    const family = families.get(current) ?? fail(line, 'A series has no type');
    const hasParts = family.type === 'histogram' || family.type === 'summary';
    const base = hasParts ? series.replace(SUFFIX, '') : series;
    if (base !== current) fail(line, 'A series is away from its family');
    const sample = { name: series, labels: parseLabels(labels, line), value: parseValue(value, line) };
    const key = JSON.stringify([series, Object.entries(sample.labels).toSorted()]);
    if (seen.has(key)) fail(line, 'A series is there twice');
    seen.add(key);
    family.samples.push(sample);
  }
  return families;
}
