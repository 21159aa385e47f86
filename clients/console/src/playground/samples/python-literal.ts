import { isObject } from '../../parts/json.ts';

const STEP = '    ';

/** A value of JSON as Python writes it. */
export function toPython(value: unknown, depth = 0): string {
  if (value === null || value === undefined) return 'None';
  if (value === true) return 'True';
  if (value === false) return 'False';
  const inner = STEP.repeat(depth + 1);
  const end = STEP.repeat(depth);
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    return `[\n${value.map((item) => `${inner}${toPython(item, depth + 1)},`).join('\n')}\n${end}]`;
  }
  if (isObject(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0) return '{}';
    const lines = entries.map(([name, item]) => `${inner}${JSON.stringify(name)}: ${toPython(item, depth + 1)},`);
    return `{\n${lines.join('\n')}\n${end}}`;
  }
  return JSON.stringify(value);
}
