-- The developer portal: what a developer sees.

create type pgrant_api.developer_page as (
  error     pgrant_api.error,
  reason    text,
  username  text,
  recent    boolean,
  page      jsonb
);

comment on type pgrant_api.developer_page is 'What a page of the developer portal shows.';
comment on column pgrant_api.developer_page.recent is 'Whether the sign-in is so recent that secrets may be made and applications removed.';
comment on column pgrant_api.developer_page.page is 'As the function says; times ISO 8601 in UTC.';

create function pgrant_rules.developer_page(p_tenant uuid, p_developer pgrant_rules.developer, p_page jsonb)
returns pgrant_api.developer_page
language plpgsql stable
as $$
declare
  v_out pgrant_api.developer_page;
begin
  v_out.username := (select u.username from pgrant.users u
                      where u.tenant_id = p_tenant and u.user_id = (p_developer.session).user_id);
  v_out.recent := pgrant_rules.account_recent(p_developer.session);
  v_out.page := p_page;
  return v_out;
end
$$;

comment on function pgrant_rules.developer_page(uuid, pgrant_rules.developer, jsonb) is 'A page for a developer.';

create function pgrant_rules.developer_page_refused(p_tenant uuid, p_developer pgrant_rules.developer, p_client_id text)
returns pgrant_api.developer_page
language plpgsql
as $$
declare
  v_out pgrant_api.developer_page;
begin
  v_out.error := p_developer.error;
  v_out.reason := p_developer.reason;
  if v_out.error = 'not_found' then
    v_out.error := pgrant_rules.audit(p_tenant, 'developer_client.read', v_out.error, v_out.reason, p_client_id,
                                      (p_developer.session).user_id);
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.developer_page_refused(uuid, pgrant_rules.developer, text) is 'The refusal of a page, recorded.';

create function pgrant_api.developer_client_list(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_after text
) returns pgrant_api.developer_page
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_developer pgrant_rules.developer;
  v_after pgrant.developer_clients;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_by_session(p_tenant, p_session_hash, p_session_expires_at, null);
  if v_developer.error is not null then
    return pgrant_rules.developer_page_refused(p_tenant, v_developer, null);
  end if;
  select d.* into v_after
    from pgrant.developer_clients d
   where d.tenant_id = p_tenant and d.client_id = p_after and d.developer_id = (v_developer.session).user_id;
  return pgrant_rules.developer_page(p_tenant, v_developer, (
    select jsonb_build_object(
             'quota', t.developer_quota,
             'used', (select count(*) from pgrant.developer_clients d
                       where d.tenant_id = p_tenant and d.developer_id = (v_developer.session).user_id),
             'clients', (
               select coalesce(jsonb_agg(jsonb_build_object(
                        'client_id', d.client_id, 'name', c.name, 'logo', pgrant_rules.client_logo(p_tenant, d.client_id),
                        'kind', pgrant_rules.developer_kind(c.grant_types, c.token_endpoint_auth_method),
                        'state', pgrant_rules.developer_state(c.disabled_at, c.draft, d.submitted_at),
                        'submitted_at', pgrant_rules.iso8601(d.submitted_at),
                        'created_at', pgrant_rules.iso8601(d.created_at), 'last_used_at', pgrant_rules.iso8601(c.last_used_at))
                      order by d.created_at, d.client_id), '[]')
                 from (select d.* from pgrant.developer_clients d
                        where d.tenant_id = p_tenant and d.developer_id = (v_developer.session).user_id
                          and (v_after.client_id is null or (d.created_at, d.client_id) > (v_after.created_at, v_after.client_id))
                        order by d.created_at, d.client_id limit 51) d
                 join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = d.client_id))
      from pgrant.tenants t where t.tenant_id = p_tenant));
end
$$;

comment on function pgrant_api.developer_client_list(uuid, text, inet, bytea, bigint, text) is
  'The applications of the developer who is signed in, 51 of them, one more than a page shows, behind p_after (null = from the oldest on): {quota, used, clients: [{client_id, name, logo, kind, state, submitted_at, created_at, last_used_at}]}. Errors: login_required, not_found (no portal for this person), too_many_attempts, flood.';

create function pgrant_rules.developer_form(p_brought pgrant.developer_clients, p_client pgrant.clients) returns jsonb
language sql immutable
as $$
  select coalesce(p_brought.proposed, (
    select jsonb_object_agg(f.key, f.value) from jsonb_each(to_jsonb(p_client)) f where f.key = any (pgrant_rules.developer_fields())))
$$;

comment on function pgrant_rules.developer_form(pgrant.developer_clients, pgrant.clients) is
  'What the form of an application begins with: what was proposed, else what is in force.';

create function pgrant_rules.developer_client_shown(p_tenant uuid, p_brought pgrant.developer_clients, p_client pgrant.clients)
returns jsonb
language plpgsql stable
as $$
begin
  return (
    select jsonb_object_agg(f.key, f.value) from jsonb_each(to_jsonb(p_client)) f where f.key = any (pgrant_rules.developer_fields())
  ) || jsonb_build_object(
    'client_id', p_client.client_id,
    'kind', pgrant_rules.developer_kind(p_client.grant_types, p_client.token_endpoint_auth_method),
    'state', pgrant_rules.developer_state(p_client.disabled_at, p_client.draft, p_brought.submitted_at),
    'proposed', p_brought.proposed,
    'submitted_at', pgrant_rules.iso8601(p_brought.submitted_at),
    'created_at', pgrant_rules.iso8601(p_brought.created_at),
    'last_used_at', pgrant_rules.iso8601(p_client.last_used_at),
    'secrets', (select coalesce(jsonb_agg(jsonb_build_object(
                         'secret_id', s.secret_id, 'created_at', pgrant_rules.iso8601(s.created_at),
                         'expires_at', pgrant_rules.iso8601(nullif(s.expires_at, 'infinity'))) order by s.created_at, s.secret_id), '[]')
                  from pgrant.client_secrets s
                 where s.tenant_id = p_tenant and s.client_id = p_client.client_id and s.expires_at > now()));
end
$$;

comment on function pgrant_rules.developer_client_shown(uuid, pgrant.developer_clients, pgrant.clients) is
  'An application as its developer sees it, its live secrets by id.';

create function pgrant_api.developer_client_show(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint, p_client_id text, p_kind text
) returns pgrant_api.developer_page
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_developer pgrant_rules.developer;
  v_kind text := p_kind;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_developer := pgrant_rules.developer_by_session(p_tenant, p_session_hash, p_session_expires_at, p_client_id);
  if v_developer.error is not null then
    return pgrant_rules.developer_page_refused(p_tenant, v_developer, p_client_id);
  elsif p_client_id is not null then
    v_kind := pgrant_rules.developer_kind((v_developer.client).grant_types, (v_developer.client).token_endpoint_auth_method);
  end if;
  return pgrant_rules.developer_page(p_tenant, v_developer, jsonb_build_object(
    'client', case when p_client_id is not null
                   then pgrant_rules.developer_client_shown(p_tenant, v_developer.brought, v_developer.client) end,
    'versions', case when p_client_id is not null
                     then pgrant_rules.member_versions(pgrant_rules.developer_form(v_developer.brought, v_developer.client)) end,
    'kinds', (select coalesce(jsonb_agg(k.kind order by k.n), '[]')
                from unnest(array['web', 'app', 'machine']) with ordinality k (kind, n)
               where pgrant_rules.developer_kind_taken(p_tenant, pgrant_rules.developer_client_new(p_tenant, k.kind))),
    'scopes', (select coalesce(jsonb_agg(jsonb_build_object(
                        'scope', s.scope, 'title', s.title, 'description', s.description, 'sensitive', s.sensitive,
                        'texts', pgrant_rules.scope_texts(p_tenant, s.scope)) order by s.sensitive, s.scope), '[]')
                 from pgrant.scopes s
                where s.tenant_id = p_tenant
                  and (s.scope = any ((v_developer.client).scopes)
                       or s.scope in (select o.scope from pgrant_rules.developer_scopes(p_tenant, v_kind) o))),
    'messages', (select coalesce(jsonb_agg(jsonb_build_object(
                          'action', m.action, 'message', m.message, 'at', pgrant_rules.iso8601(m.at))
                          order by m.at desc, m.message_id), '[]')
                   from pgrant.developer_messages m
                  where m.tenant_id = p_tenant and m.client_id = (v_developer.client).client_id)));
end
$$;

comment on function pgrant_api.developer_client_show(uuid, text, inet, bytea, bigint, text, text) is
  'An application of the developer who is signed in, or with p_client_id null what is there for a new one of p_kind (web, app, machine): {client: null or {client_id, name, kind, state, redirect_uris, post_logout_redirect_uris, scopes, client_uri, logo_uri, policy_uri, tos_uri, proposed, submitted_at, created_at, last_used_at, secrets: [{secret_id, created_at, expires_at}]}, versions: null or of what its form begins with, kinds: those that the tenant takes, scopes: those that may be asked for, with their texts, messages: [{action, message, at}], the youngest first}. Errors: login_required, not_found (somebody else''s, too), too_many_attempts, flood.';
