import { AppError } from '../../errors/app-error.ts';

export type VectorFormat = 'float' | 'base64';
export type Vector = readonly number[] | string;

const FLOAT_BYTES = 4;

const broken = () => new AppError('upstream_broken', 'The upstream sent an embedding that is not a vector.');

function encode(vector: readonly number[]): string {
  const bytes = Buffer.allocUnsafe(vector.length * FLOAT_BYTES);
  for (const [i, value] of vector.entries()) bytes.writeFloatLE(value, i * FLOAT_BYTES);
  return bytes.toString('base64');
}

function decode(text: string): number[] {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) throw broken();
  return Array.from({ length: bytes.length / FLOAT_BYTES }, (_, i) => bytes.readFloatLE(i * FLOAT_BYTES));
}

/** Whether a value has the form of a vector: numbers, or a text in base64. Clients compute with it without a check. */
export const isVector = (value: unknown): value is Vector =>
  typeof value === 'string'
    ? value !== ''
    : Array.isArray(value) && value.length > 0 && value.every((number) => typeof number === 'number');

export const formatOf = (vector: Vector): VectorFormat => (typeof vector === 'string' ? 'base64' : 'float');

/**
 * Converts a vector to a list of numbers, or to base64 of little-endian 32-bit floats (OpenAI's embeddings reference).
 */
export function toFormat(vector: Vector, format: VectorFormat): number[] | string {
  if (typeof vector === 'string') return format === 'base64' ? vector : decode(vector);
  return format === 'float' ? [...vector] : encode(vector);
}
