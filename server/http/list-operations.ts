import type { AnyTRPCProcedure, AnyTRPCRouter } from '@trpc/server';
import type { z } from 'zod';
import type { Meta } from '../rpc/trpc.ts';

/** A procedure that REST serves too. */
export interface Operation {
  /** Such as `v1.chat.create`. */
  readonly name: string;
  readonly type: 'query' | 'mutation' | 'subscription';
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE';
  /** With `{parameters}`, as in OpenAPI. */
  readonly path: string;
  readonly meta: Meta;
  readonly input: z.core.$ZodType | undefined;
}

const isSchema = (input: unknown): input is z.core.$ZodType =>
  typeof input === 'object' && input !== null && '_zod' in input;

export function listProcedures(router: AnyTRPCRouter): [name: string, procedure: AnyTRPCProcedure][] {
  return Object.entries(router._def.procedures);
}

export const metaOf = (procedure: AnyTRPCProcedure): Meta => (procedure._def.meta ?? {}) as Meta;

/** Every procedure with a path in its meta, in the order of the router. */
export function listOperations(router: AnyTRPCRouter): Operation[] {
  return listProcedures(router).flatMap(([name, procedure]) => {
    const meta = metaOf(procedure);
    if (!meta.openapi) return [];
    const { method, path } = meta.openapi;
    const [input] = 'inputs' in procedure._def && Array.isArray(procedure._def.inputs) ? procedure._def.inputs : [];
    return [{ name, type: procedure._def.type, method, path, meta, input: isSchema(input) ? input : undefined }];
  });
}
