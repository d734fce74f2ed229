// What history is tested against: the whole state of a tenant as its tables have it at this moment, and
// who can reach what in it, worked out by reading and by nothing of the history.
import type { World } from './fixtures.ts';

type Client = {
  client_id: string;
  name: string;
  maker: string | null;
  scopes: string[] | null;
  enabled: boolean;
  machine: boolean;
};
type Grant = {
  grant_id: string;
  user_id: string;
  client_id: string;
  scopes: string[];
  resources: string[];
};
export type State = {
  enabled: boolean;
  users: { user_id: string; username: string; enabled: boolean }[];
  clients: Client[];
  grants: Grant[];
  scopes: { scope: string; role: boolean; enabled: boolean }[];
  resources: { resource: string; scopes: string[] | null; enabled: boolean }[];
  held: { user_id: string; scope: string; by: string }[];
};
export type Access = {
  username: string | null;
  client_id: string;
  grant_id: string | null;
  scopes: string[];
  through: string[];
};

const standard = ['openid', 'profile', 'email', 'address', 'phone', 'roles', 'offline_access'];

/** Microseconds since 1970, by the clock of the database. */
export async function clock({ database: { sql } }: World): Promise<number> {
  const [row] =
    await sql`select floor(extract(epoch from clock_timestamp()) * 1000000)::text as at`;
  return Number(row?.at);
}

/** The tables in which the past is kept. */
export async function historyTables({ database: { sql } }: World): Promise<string[]> {
  const rows = await sql`
    select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'end_cause'
     where c.relnamespace = 'pgrant'::regnamespace and c.relkind = 'r' order by 1`;
  return rows.map(({ name }) => name);
}

/** The versions of something, oldest first. */
export function versionsOf({ database: { sql }, tenant }: World, what: string, where: string) {
  return sql.unsafe(`
    select lower(valid) as since, upper(valid) as until, cause, end_cause, request_id, end_request_id
      from pgrant.${what}_history where tenant_id = '${tenant}' and ${where} order by valid`);
}

/** What the tables of the present say. */
export async function present({ database: { sql }, tenant }: World): Promise<State> {
  const [row] = await sql<{ state: State }[]>`
    with rows as (select clock_timestamp() as now)
    select jsonb_build_object(
      'enabled', (select disabled_at is null from pgrant.tenants where tenant_id = ${tenant}),
      'users', (select coalesce(jsonb_agg(jsonb_build_object('user_id', user_id, 'username', username, 'enabled', disabled_at is null)), '[]')
                  from pgrant.users where tenant_id = ${tenant}),
      'clients', (select coalesce(jsonb_agg(jsonb_build_object('client_id', client_id, 'name', name, 'maker', maker_id, 'scopes', scopes,
                    'enabled', disabled_at is null,
                    'machine', 'client_credentials' = any (grant_types) and exists (
                       select from pgrant.client_secrets s
                        where s.tenant_id = c.tenant_id and s.client_id = c.client_id and s.expires_at > now))), '[]')
                    from pgrant.clients c, rows where tenant_id = ${tenant} and coalesce(expires_at > now, true)),
      'grants', (select coalesce(jsonb_agg(jsonb_build_object('grant_id', grant_id, 'user_id', user_id, 'client_id', client_id,
                   'scopes', scopes, 'resources', resources)), '[]')
                   from pgrant.grants, rows where tenant_id = ${tenant} and revoked_at is null and expires_at > now),
      'scopes', (select jsonb_agg(jsonb_build_object('scope', scope, 'role', requires_role, 'enabled', disabled_at is null))
                   from pgrant.scopes where tenant_id = ${tenant}),
      'resources', (select coalesce(jsonb_agg(jsonb_build_object('resource', resource, 'scopes', scopes, 'enabled', disabled_at is null)), '[]')
                      from pgrant.resources where tenant_id = ${tenant}),
      'held', (select coalesce(jsonb_agg(h), '[]') from (
                 select user_id, scope, source as by from pgrant.user_roles where tenant_id = ${tenant}
                 union select m.user_id, r.scope, 'group ' || m.group_name from pgrant.group_members m
                   join pgrant.group_roles r using (tenant_id, group_name) where tenant_id = ${tenant}) h)) as state`;
  return row?.state as State;
}

/** How a scope is held in a state by a user: [] = not at all, null = no role is needed. */
function heldBy(
  state: State,
  user_id: string | null,
  client: Client,
  scope: string,
): string[] | null {
  const defined = state.scopes.find((one) => one.scope === scope && one.enabled);
  if (!defined) return [];
  if (!defined.role) return null;
  if (user_id === null) return client.scopes?.includes(scope) ? [`${scope}: client`] : [];
  const of = state.held.filter((one) => one.user_id === user_id && one.scope === scope);
  return of.map((one) => `${scope}: ${one.by}`);
}

/** Which of the scopes a client can use for a user (null = for itself), and how the user has them. */
function usable(state: State, user_id: string | null, client: Client, scopes: string[]) {
  const user = state.users.find((one) => one.user_id === user_id);
  const alive = state.enabled && client.enabled && (user_id === null || user?.enabled);
  return scopes
    .filter(() => alive)
    .filter((scope) => client.scopes?.includes(scope) ?? true)
    .map((scope) => ({ scope, through: heldBy(state, user_id, client, scope) }))
    .filter(({ scope, through }) =>
      through === null ? state.scopes.some((one) => one.scope === scope) : through.length > 0,
    );
}

/** The grants of a state, as grants_as_of should have them. */
export function grantsIn(state: State) {
  return state.grants
    .flatMap((grant) => {
      const client = state.clients.find((one) => one.client_id === grant.client_id);
      const user = state.users.find((one) => one.user_id === grant.user_id);
      if (!client || !user) return [];
      const { grant_id, scopes, resources } = grant;
      const effective = usable(state, user.user_id, client, scopes)
        .map(({ scope }) => scope)
        .sort();
      return [
        {
          grant_id,
          username: user.username,
          client_id: client.client_id,
          client_name: client.name,
          scopes,
          effective,
          resources,
        },
      ];
    })
    .sort((a, b) => (a.grant_id < b.grant_id ? -1 : 1));
}

/** Who can reach a scope or resource in a state, as who_could_access should have it. */
export function accessIn(state: State, what: string): Access[] {
  const resource = state.resources.find((one) => one.resource === what && one.enabled);
  const wanted = (scope: string, resources: string[] | null) =>
    scope === what ||
    (resource !== undefined &&
      (resources?.includes(what) ?? true) &&
      (resource.scopes === null || resource.scopes.includes(scope) || standard.includes(scope)));
  const found: Access[] = [];
  const add = (user_id: string | null, client: Client, grant: Grant | null, scopes: string[]) => {
    const able = usable(state, user_id, client, scopes).filter(({ scope }) =>
      wanted(scope, grant?.resources ?? null),
    );
    if (able.length === 0) return;
    const username = state.users.find((one) => one.user_id === user_id)?.username ?? null;
    const through = [...new Set(able.flatMap((one) => one.through ?? []))].sort();
    found.push({
      username,
      client_id: client.client_id,
      grant_id: grant?.grant_id ?? null,
      scopes: able.map(({ scope }) => scope).sort(),
      through,
    });
  };
  for (const grant of state.grants) {
    const client = state.clients.find((one) => one.client_id === grant.client_id);
    if (client) add(grant.user_id, client, grant, grant.scopes);
  }
  const own = state.scopes
    .map(({ scope }) => scope)
    .filter((scope) => !['openid', 'offline_access'].includes(scope));
  for (const client of state.clients.filter(({ machine }) => machine))
    add(client.maker, client, null, own);
  // Grants first, as in a page.
  const order = (one: Access) => `${one.grant_id === null ? 1 : 0} ${keyOf(one)}`;
  return found.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

export const keyOf = ({ client_id, grant_id }: Access) => grant_id ?? client_id;
