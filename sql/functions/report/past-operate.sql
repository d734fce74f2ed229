-- The time machine for operators: the reports, of one tenant.

create function pgrant_ops.grant_list_as_of(
  p_tenant uuid, p_at timestamptz, p_username text default null, p_client_id text default null,
  p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default 100
)
returns table (grant_id uuid, username text, client_id text, client_name text, scopes text[], effective text[], resources text[],
               consent_expires_at timestamptz, since timestamptz, cause text, request_id text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
begin
  perform pgrant_rules.administer(p_tenant);
  v_name := (select i.name from pgrant.issuers i where i.tenant_id = p_tenant);
  perform pgrant_report.tenant_then(v_name, p_at);
  return query
  select g.grant_id, g.username, g.client_id, g.client_name, g.scopes, g.effective, g.resources, g.consent_expires_at, g.since,
         g.cause, g.request_id
    from pgrant_report.grants_then(p_at, p_tenant, p_username, p_client_id, p_after, p_limit) g;
end
$$;

comment on function pgrant_ops.grant_list_as_of(uuid, timestamptz, text, text, uuid, integer) is
  'pgrant_report.grants_as_of for one tenant. Raises OA001, OA003.';

create function pgrant_ops.access_list(
  p_tenant uuid, p_what text, p_at timestamptz default null, p_username text default null, p_client_id text default null,
  p_after uuid default '00000000-0000-0000-0000-000000000000', p_after_client text default null, p_limit integer default 100
)
returns table (username text, client_id text, client_name text, grant_id uuid, scopes text[], through text[], since timestamptz,
               until timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
  v_at timestamptz := coalesce(p_at, clock_timestamp());
begin
  perform pgrant_rules.administer(p_tenant);
  v_name := (select i.name from pgrant.issuers i where i.tenant_id = p_tenant);
  perform pgrant_report.tenant_then(v_name, v_at);
  return query
  select a.username, a.client_id, a.client_name, a.grant_id, a.scopes, a.through, a.since, a.until
    from pgrant_report.access_then(p_what, v_at, p_tenant, p_username, p_client_id, p_after, p_after_client, p_limit,
                                   null) a;
end
$$;

comment on function pgrant_ops.access_list(uuid, text, timestamptz, text, text, uuid, text, integer) is
  'pgrant_report.who_could_access for one tenant; p_at null = now. Raises OA001, OA003.';
