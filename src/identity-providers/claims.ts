// From what an upstream says of a person to claims of ours.
import { jsonFault } from '../protocol/json.ts';
import type { Identity, UpstreamSettings } from './identity-provider.ts';

const standard = [
  'name',
  'given_name',
  'family_name',
  'middle_name',
  'nickname',
  'profile',
  'picture',
  'website',
  'gender',
  'birthdate',
  'zoneinfo',
  'locale',
  'email',
  'phone_number',
];

/** Claims that say whether the upstream has proven another one. */
const verified = { email_verified: 'email', phone_number_verified: 'phone_number' } as const;

type Facts = Record<string, unknown>;
type Described = Pick<Identity, 'subject' | 'username' | 'profile' | 'claims' | 'roles'>;

/** Reads a person from claims or a JSON object by the mapping of the upstream; undefined without subject. */
export function describe(facts: Facts, settings: UpstreamSettings): Described | undefined {
  const mapping = settings.claims ?? {};
  const read = (claim: string) => fieldOf(facts, mapping[claim] ?? claim);
  const subject = read('sub');
  // Past 2^53 two people would have one number.
  if (typeof subject !== 'string' && !Number.isSafeInteger(subject)) return undefined;
  if (!isName(String(subject))) return undefined;
  const profile: Facts = {};
  for (const claim of standard) {
    const value = read(claim);
    if (typeof value === 'string' && value !== '') {
      profile[claim] = value.slice(0, 1000).toWellFormed();
    }
  }
  for (const [claim, of] of Object.entries(verified)) {
    if (of in profile) profile[claim] = [true, 'true'].includes(read(claim) as boolean | string);
  }
  const known = new Set(['sub', 'preferred_username', ...standard, ...Object.keys(verified)]);
  const extra = Object.keys(mapping).filter((claim) => !known.has(claim));
  const username = read('preferred_username');
  return {
    subject: String(subject),
    username: typeof username === 'string' && isName(username) ? username : null,
    profile,
    claims: Object.fromEntries(
      extra.map((claim) => [claim, read(claim)]).filter(([, value]) => value !== undefined),
    ),
    roles: rolesOf(facts, settings.roles_claim),
  };
}

/** Whether a text may identify a person: OpenID Connect Core 2 bounds a subject so. */
export const isName = (text: string) => text.length <= 255;

const memberLimit = 16_384;

/** The members of an answer that can be kept (see jsonFault), each in bounds. */
export function storable(facts: Facts): Facts {
  return Object.fromEntries(
    Object.entries(facts).filter(
      ([name, value]) =>
        jsonFault(name) === undefined &&
        jsonFault(value) === undefined &&
        JSON.stringify(value ?? null).length <= memberLimit,
    ),
  );
}

function rolesOf(facts: Facts, field: string | undefined): string[] | null {
  if (field === undefined) return null;
  const value = fieldOf(facts, field);
  if (typeof value === 'string') return value.split(' ').filter((role) => role !== '');
  return Array.isArray(value) ? value.filter((role) => typeof role === 'string') : [];
}

/** A field by its own name, or by a path of names with dots. */
function fieldOf(facts: Facts, name: string): unknown {
  if (Object.hasOwn(facts, name)) return facts[name];
  let at: unknown = facts;
  for (const part of name.split('.')) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Facts)[part];
  }
  return at;
}
