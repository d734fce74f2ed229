// RFC 9396 2 and 3: the parameter `authorization_details`, and the JSON Schema of a type.
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { OAuthError } from './errors.ts';
import { isJsonObject, jsonFault } from './json.ts';

/** One authorization detail; what else is in it, its type says. */
export type AuthorizationDetail = { type: string } & Record<string, unknown>;

const detailLimit = 20;

/** The members that all types may have (RFC 9396 2.2), which are arrays of text. */
const lists = ['locations', 'actions', 'datatypes', 'privileges'];

/** Reads the parameter (JSON text); throws invalid_authorization_details where it is malformed. */
export function parseAuthorizationDetails(text: string): AuthorizationDetail[] {
  const read = parseJson(text);
  if (!Array.isArray(read)) throw refusedDetails('it is no array');
  if (read.length === 0) throw refusedDetails('it is empty');
  if (read.length > detailLimit) throw refusedDetails(`it has more than ${detailLimit} objects`);
  const fault = jsonFault(read);
  if (fault !== undefined) throw refusedDetails(fault);
  if (holdsRounded(read)) throw refusedDetails('a number in it is too large to be exact');
  return read.map(asDetail);
}

/** RFC 8259 6: whether an integer was rounded, so that people would allow another amount than was asked for. */
function holdsRounded(value: unknown): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && !Number.isSafeInteger(value);
  return typeof value === 'object' && value !== null && Object.values(value).some(holdsRounded);
}

/** The refusal of authorization details (RFC 9396 5), in words for the client's developers. */
export function refusedDetails(why: string): OAuthError {
  return new OAuthError('invalid_authorization_details', `authorization_details: ${why}`, {
    detail: why.replaceAll('"', "'").slice(0, 150),
  });
}

/** Compiles the JSON Schema (2020-12) of a type; throws for one that is none, says more than is known, or refers elsewhere. */
export function compileJsonSchema(schema: object): ValidateFunction {
  // One each: schemas of two tenants may have the same $id.
  return new Ajv2020({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
}

/** What is wrong with a detail, by its schema; undefined where nothing is. */
export function schemaFault(
  validate: ValidateFunction,
  detail: AuthorizationDetail,
): string | undefined {
  // Not as a type guard: it would say that what fails is nothing.
  const good: boolean = validate(detail);
  if (good) return undefined;
  const [first] = validate.errors ?? [];
  return `${detail.type}${first?.instancePath ?? ''} ${first?.message ?? 'is not valid'}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusedDetails('it is no JSON');
  }
}

function asDetail(value: unknown): AuthorizationDetail {
  if (!isJsonObject(value)) throw refusedDetails('one of it is no object');
  if (typeof value.type !== 'string' || value.type === '') {
    throw refusedDetails('one of it has no type');
  }
  const list = lists.find((name) => name in value && !isTexts(value[name]));
  if (list !== undefined) throw refusedDetails(`${list} is no array of text`);
  if ('identifier' in value && typeof value.identifier !== 'string') {
    throw refusedDetails('identifier is no text');
  }
  return value as AuthorizationDetail;
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
