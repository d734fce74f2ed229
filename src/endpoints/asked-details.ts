// RFC 9396 5: authorization details, validated by the JSON Schemas of the tenant's types.
import type { ValidateFunction } from 'ajv/dist/2020.js';
import { LRUCache } from 'lru-cache';
import { api } from '../db/bindings.ts';
import { call } from '../db/call.ts';
import { type Ctx, caller } from '../http/ctx.ts';
import {
  type AuthorizationDetail,
  compileJsonSchema,
  parseAuthorizationDetails,
  refusedDetails,
  schemaFault,
} from '../protocol/authorization-details.ts';
import type { WebServices } from '../services.ts';

/** As the functions of pgrant_api take them: SQL knows by the hash whether the schema is the one of now. */
export type AskedDetails = { details: AuthorizationDetail[]; json_schemas: Record<string, string> };

/** Reads the parameter, and throws invalid_authorization_details; null where it is not there. */
export type DetailsReader = (ctx: Ctx, sent: string | undefined) => Promise<AskedDetails | null>;

type StoredType = { type: string; json_schema: object; hash: string };
type Types = { types: Map<string, StoredType>; readAt: number };

/** Milliseconds after which the types of a tenant are read again; before that, where something does not fit them. */
const freshFor = 10_000;

/** Makes the reader of a process. */
export function makeDetailsReader({ database }: Pick<WebServices, 'database'>): DetailsReader {
  const known = new LRUCache<string, Types>({ max: 1_000 });
  const compiled = new LRUCache<string, ValidateFunction>({ max: 1_000 });

  const typesOf = async (ctx: Ctx, maxAge: number): Promise<Types> => {
    const { id } = ctx.state.tenant;
    const kept = known.get(id);
    if (kept && Date.now() - kept.readAt < maxAge) return kept;
    const readAt = Date.now();
    const { types } = await call(database, api.authorization_details_type_list, caller(ctx));
    const stored = types as unknown as StoredType[];
    const read = { types: new Map(stored.map((one) => [one.type, one])), readAt };
    known.set(id, read);
    return read;
  };

  const faultOf = ({ types }: Types, detail: AuthorizationDetail): string | undefined => {
    const found = types.get(detail.type);
    if (!found) return `there is no type ${detail.type.slice(0, 100)}`;
    const validate = compiled.get(found.hash) ?? compileJsonSchema(found.json_schema);
    compiled.set(found.hash, validate);
    return schemaFault(validate, detail);
  };

  return async (ctx, sent) => {
    if (sent === undefined) return null;
    const details = parseAuthorizationDetails(sent);
    const firstFault = (read: Types) =>
      details.map((detail) => faultOf(read, detail)).find((fault) => fault !== undefined);
    let read = await typesOf(ctx, freshFor);
    if (firstFault(read) !== undefined) read = await typesOf(ctx, 0);
    const fault = firstFault(read);
    if (fault !== undefined) throw refusedDetails(fault);
    const hashes = details.map(({ type }) => [type, read.types.get(type)?.hash]);
    return { details, json_schemas: Object.fromEntries(hashes) };
  };
}
