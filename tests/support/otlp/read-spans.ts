import { z } from 'zod';
import { bytesOf, type Fields, messagesOf, numberOf, readMessage, textOf } from './read-protobuf.ts';

export type AttributeValue = string | number | boolean | readonly unknown[] | null;

/** A span as it was received. */
export interface ReceivedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty: it has no parent. */
  readonly parentSpanId: string;
  readonly name: string;
  /** 2: server; 3: client. */
  readonly kind: number;
  /** In ms since the epoch. */
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, AttributeValue>>;
  readonly events: readonly { readonly name: string; readonly at: number }[];
  /** 0: unset; 2: error. */
  readonly status: number;
  readonly statusMessage: string;
  /** The attributes of the resource that it comes from. */
  readonly resource: Readonly<Record<string, AttributeValue>>;
}

const toMs = (nanoseconds: bigint): number => Number(nanoseconds / 1000n) / 1000;

/** opentelemetry/proto/common/v1/common.proto */
function readAny(fields: Fields): AttributeValue {
  if (fields.has(1)) return textOf(fields, 1);
  if (fields.has(2)) return numberOf(fields, 2) === 1n;
  if (fields.has(3)) return Number(BigInt.asIntN(64, numberOf(fields, 3)));
  if (fields.has(4)) {
    const bits = Buffer.alloc(8);
    bits.writeBigUInt64LE(numberOf(fields, 4));
    return bits.readDoubleLE();
  }
  if (fields.has(5)) return messagesOf(readMessage(bytesOf(fields, 5)), 1).map((one) => readAny(readMessage(one)));
  return null;
}

const readAttributes = (fields: Fields, number: number): Record<string, AttributeValue> =>
  Object.fromEntries(
    messagesOf(fields, number).map((bytes) => {
      const pair = readMessage(bytes);
      return [textOf(pair, 1), readAny(readMessage(bytesOf(pair, 2)))];
    }),
  );

/** opentelemetry/proto/trace/v1/trace.proto */
function readSpan(bytes: Buffer, resource: ReceivedSpan['resource']): ReceivedSpan {
  const fields = readMessage(bytes);
  const status = readMessage(bytesOf(fields, 15));
  return {
    traceId: bytesOf(fields, 1).toString('hex'),
    spanId: bytesOf(fields, 2).toString('hex'),
    parentSpanId: bytesOf(fields, 4).toString('hex'),
    name: textOf(fields, 5),
    kind: Number(numberOf(fields, 6)),
    start: toMs(numberOf(fields, 7)),
    end: toMs(numberOf(fields, 8)),
    attributes: readAttributes(fields, 9),
    events: messagesOf(fields, 11).map((event) => {
      const own = readMessage(event);
      return { name: textOf(own, 2), at: toMs(numberOf(own, 1)) };
    }),
    status: Number(numberOf(status, 3)),
    statusMessage: textOf(status, 2),
    resource,
  };
}

/** The body of an `ExportTraceServiceRequest`, as protocol buffers. */
export const readSpans = (body: Buffer): ReceivedSpan[] =>
  messagesOf(readMessage(body), 1).flatMap((bytes) => {
    const group = readMessage(bytes);
    const resource = readAttributes(readMessage(bytesOf(group, 1)), 1);
    return messagesOf(group, 2).flatMap((scope) =>
      messagesOf(readMessage(scope), 2).map((span) => readSpan(span, resource)),
    );
  });

const Value = z.object({
  stringValue: z.string().optional(),
  boolValue: z.boolean().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
  doubleValue: z.number().optional(),
  arrayValue: z.object({ values: z.array(z.unknown()) }).optional(),
});
const Attributes = z.array(z.object({ key: z.string(), value: Value })).default([]);
const JsonRequest = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: Attributes }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string().regex(/^[0-9a-f]{32}$/),
              spanId: z.string().regex(/^[0-9a-f]{16}$/),
              parentSpanId: z.string().default(''),
              name: z.string(),
              kind: z.number(),
              startTimeUnixNano: z.string(),
              endTimeUnixNano: z.string(),
              attributes: Attributes,
              events: z.array(z.object({ name: z.string(), timeUnixNano: z.string() })).default([]),
              status: z.object({ code: z.number().default(0), message: z.string().default('') }),
            }),
          ),
        }),
      ),
    }),
  ),
});

const plain = (attributes: z.infer<typeof Attributes>): Record<string, AttributeValue> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => {
      const { stringValue, boolValue, intValue, doubleValue, arrayValue } = value;
      const count = intValue === undefined ? undefined : Number(intValue);
      return [key, stringValue ?? boolValue ?? count ?? doubleValue ?? arrayValue?.values ?? null];
    }),
  );

/** The same as JSON: ids in hex, 64-bit numbers as strings. */
export const readJsonSpans = (body: Buffer): ReceivedSpan[] =>
  JsonRequest.parse(JSON.parse(body.toString())).resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map(({ startTimeUnixNano, endTimeUnixNano, attributes, events, status, ...span }) => ({
        ...span,
        start: toMs(BigInt(startTimeUnixNano)),
        end: toMs(BigInt(endTimeUnixNano)),
        attributes: plain(attributes),
        events: events.map(({ name, timeUnixNano }) => ({ name, at: toMs(BigInt(timeUnixNano)) })),
        status: status.code,
        statusMessage: status.message,
        resource: plain(resource.attributes),
      })),
    ),
  );
