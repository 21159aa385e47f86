import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import { z } from 'zod';
import type { Context } from '../rpc/context.ts';
import type { Meta } from '../rpc/trpc.ts';

/** The use case of a procedure, behind its input schema. */
type Resolver = (call: { ctx: Context; input: unknown }) => unknown;

/** A procedure that REST serves too. */
export interface Operation {
  /** Such as `v1.chat.create`. */
  readonly name: string;
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `{parameters}`, as in OpenAPI. */
  readonly path: string;
  readonly meta: Meta;
  readonly input: z.ZodType | undefined;
  readonly resolve: Resolver;
  /** The resolver of the subscription that `meta.stream` names. */
  readonly resolveStream: Resolver | undefined;
}

const isSchema = (input: unknown): input is z.ZodType => input instanceof z.ZodType;

const isResolver = (resolver: unknown): resolver is Resolver => typeof resolver === 'function';

export function listProcedures(router: AnyTRPCRouter): [name: string, procedure: AnyTRPCProcedure][] {
  return Object.entries(router._def.procedures);
}

export const metaOf = (procedure: AnyTRPCProcedure): Meta => (procedure._def.meta ?? {}) as Meta;

/**
 * What is left of a procedure without tRPC's middlewares. On REST the adapter stands in for them (the key before the
 * body, one parse of the input, one serialiser of errors): running them costs more CPU than all the rest of a request.
 */
function resolverOf(name: string, procedure: AnyTRPCProcedure | undefined): Resolver {
  const def: object = procedure?._def ?? {};
  if ('resolver' in def && isResolver(def.resolver)) return def.resolver;
  throw new Error(`There is no procedure "${name}".`);
}

/** Every procedure with a path in its meta, in the order of the router. */
export function listOperations(router: AnyTRPCRouter): Operation[] {
  const procedures = new Map(listProcedures(router));
  return [...procedures].flatMap(([name, procedure]) => {
    const meta = metaOf(procedure);
    if (!meta.openapi) return [];
    const { method, path } = meta.openapi;
    const def: object = procedure._def;
    const input: unknown = 'inputs' in def && Array.isArray(def.inputs) ? def.inputs[0] : undefined;
    return [
      {
        name,
        method,
        path,
        meta,
        input: isSchema(input) ? input : undefined,
        resolve: resolverOf(name, procedure),
        resolveStream: meta.stream ? resolverOf(meta.stream, procedures.get(meta.stream)) : undefined,
      },
    ];
  });
}
