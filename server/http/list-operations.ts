import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import { z } from 'zod';
import type { Context } from '../rpc/context.ts';
import type { Meta } from '../rpc/meta.ts';
import { Output } from '../rpc/output.ts';

/** The function of a procedure that runs once the input has passed the schema. */
type Resolver = (call: { ctx: Context; input: unknown }) => unknown;

/** A procedure that REST serves as well. */
export interface Operation {
  /** The name of the procedure, such as `v1.chat.create`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** The path, with parameters written `{name}` as in OpenAPI. */
  readonly path: string;
  /** Whether the last parameter of the path may contain slashes. */
  readonly hasSlashes: boolean;
  /** True: the operation needs no key. */
  readonly isOpen: boolean;
  /** Whether a request may leave out the body. */
  readonly isBodyOptional: boolean;
  readonly meta: Meta;
  readonly input: z.ZodType | undefined;
  readonly output: Output<unknown, unknown>;
  readonly resolve: Resolver;
  /**
   * The subscription that answers the request when it says `stream: true`; with `isDefault`, also when it does not say
   * `stream: false`.
   */
  readonly stream: { readonly resolve: Resolver; readonly event: z.ZodType; readonly isDefault: boolean } | null;
}

const isSchema = (input: unknown): input is z.ZodType => input instanceof z.ZodType;

const isResolver = (resolver: unknown): resolver is Resolver => typeof resolver === 'function';

export function listProcedures(router: AnyTRPCRouter): [name: string, procedure: AnyTRPCProcedure][] {
  return Object.entries(router._def.procedures);
}

export const metaOf = (procedure: AnyTRPCProcedure): Meta => (procedure._def.meta ?? {}) as Meta;

/**
 * Takes the resolver out of a procedure, without tRPC's middlewares. On REST the adapter does their work: it checks the
 * key before it reads the body, parses the input once, and has one serialiser of errors. Running them costs more CPU
 * than all the rest of a request.
 */
function resolverOf(name: string, procedure: AnyTRPCProcedure | undefined): Resolver {
  const def: object = procedure?._def ?? {};
  if ('resolver' in def && isResolver(def.resolver)) return def.resolver;
  throw new Error(`There is no procedure "${name}".`);
}

/** Whether every field of the input stands in the path or is optional. */
function needsNoBody(input: z.ZodType | undefined, path: string): boolean {
  if (input === undefined) return true;
  if (!(input instanceof z.ZodObject)) return false;
  return Object.entries(input.shape).every(
    ([field, schema]) => path.includes(`{${field}}`) || z.core.safeParse(schema, undefined).success,
  );
}

/** Finds the subscription beside a procedure that declares (`streams`) that it streams the answers of this one. */
function streamOf(name: string, procedures: ReadonlyMap<string, AnyTRPCProcedure>): Operation['stream'] {
  const at = name.lastIndexOf('.') + 1;
  for (const [other, procedure] of procedures) {
    const { streams, event, streamsByDefault = false } = metaOf(procedure);
    if (event && other.lastIndexOf('.') + 1 === at && name === `${other.slice(0, at)}${streams}`) {
      return { resolve: resolverOf(other, procedure), event, isDefault: streamsByDefault };
    }
  }
  return null;
}

/** Every procedure with a path in its meta, in the order of the router. */
export function listOperations(router: AnyTRPCRouter): Operation[] {
  const procedures = new Map(listProcedures(router));
  return [...procedures].flatMap(([name, procedure]) => {
    const meta = metaOf(procedure);
    if (!meta.openapi) return [];
    const { method, path: template, protect } = meta.openapi;
    const { inputs, output }: { inputs?: readonly unknown[]; output?: unknown } = procedure._def;
    if (!(output instanceof Output)) throw new Error(`The procedure "${name}" has a path, but no output.`);
    const input = inputs?.[0];
    const schema = isSchema(input) ? input : undefined;
    const path = template.replace('{+', '{');
    return [
      {
        name,
        method,
        path,
        hasSlashes: path !== template,
        isOpen: protect === false,
        isBodyOptional: method === 'POST' && needsNoBody(schema, path),
        meta,
        input: schema,
        output,
        resolve: resolverOf(name, procedure),
        stream: streamOf(name, procedures),
      },
    ];
  });
}
