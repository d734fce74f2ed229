-- The developer portal: who a developer is, what is theirs, and what they may ask for.

create type pgrant_rules.developer as (
  error    pgrant_api.error,
  reason   text,
  session  pgrant.sessions,
  brought  pgrant.developer_clients,
  client   pgrant.clients
);

comment on type pgrant_rules.developer is 'Who asks at the developer portal, and about which of their applications.';
comment on column pgrant_rules.developer.session is 'The session of whoever asks; null where nobody is signed in.';
comment on column pgrant_rules.developer.brought is 'What is known of it as something that was brought; null where none was named.';

create or replace function pgrant_rules.developer_allowed(p_tenant uuid, p_user_id uuid) returns boolean
language plpgsql stable
as $$
begin
  return exists (
    select from pgrant.tenants t
     where t.tenant_id = p_tenant and t.developer_portal
       and (t.developer_role is null
            or exists (select from pgrant.scopes s
                        where s.tenant_id = p_tenant and s.scope = t.developer_role and s.requires_role and s.disabled_at is null)
               and pgrant_rules.has_role(p_tenant, p_user_id, t.developer_role)));
end
$$;

comment on function pgrant_rules.developer_allowed(uuid, uuid) is
  'Whether the portal is there for a person: it is open, and they have developer_role. A scope of that name that is no role lets nobody in.';

create function pgrant_rules.developer_by_session(
  p_tenant uuid, p_session_hash bytea, p_session_expires_at bigint, p_client_id text
) returns pgrant_rules.developer
language plpgsql
as $$
declare
  v_out pgrant_rules.developer;
  v_session pgrant.sessions := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
begin
  v_out.session := v_session;
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
  elsif not pgrant_rules.developer_allowed(p_tenant, v_session.user_id) then
    v_out.error := 'not_found';
    v_out.reason := 'no developer portal for this person';
  elsif p_client_id is not null then
    select d, c into v_out.brought, v_out.client
      from pgrant.developer_clients d
      join pgrant.clients c on c.tenant_id = d.tenant_id and c.client_id = d.client_id
     where d.tenant_id = p_tenant and d.client_id = p_client_id and d.developer_id = v_session.user_id;
    if not found then
      v_out.error := 'not_found';
      v_out.reason := 'no such application of this developer';
    end if;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.developer_by_session(uuid, bytea, bigint, text) is
  'Who asks at the developer portal, and with p_client_id about which application: somebody else''s is like one that does not exist. Errors: login_required, not_found.';

create function pgrant_rules.developer_to_change(
  p_tenant uuid, p_session_hash bytea, p_session_expires_at bigint, p_csrf_hash bytea, p_client_id text, p_recent boolean
) returns pgrant_rules.developer
language plpgsql
as $$
declare
  v_out pgrant_rules.developer;
  v_refusal record;
begin
  -- One change of an application after the other, and before what the change locks.
  perform from pgrant.developer_clients d where d.tenant_id = p_tenant and d.client_id = p_client_id for update;
  v_out := pgrant_rules.developer_by_session(p_tenant, p_session_hash, p_session_expires_at, p_client_id);
  v_refusal := pgrant_rules.account_refusal(v_out.session, p_csrf_hash, p_recent);
  if v_out.error is null and v_refusal.error is not null then
    v_out.error := v_refusal.error;
    v_out.reason := v_refusal.reason;
  elsif v_out.error is null and (v_out.client).disabled_at is not null then
    v_out.error := 'access_denied';
    v_out.reason := 'the application is suspended';
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.developer_to_change(uuid, bytea, bigint, bytea, text, boolean) is
  'As developer_by_session, for a change, by a form of the session and with p_recent after a recent sign-in; the application is locked. Errors: login_required, not_found, csrf_mismatch, insufficient_user_authentication, access_denied (suspended: nothing is changed).';

create function pgrant_rules.developer_state(p_disabled_at timestamptz, p_draft boolean, p_submitted_at timestamptz) returns text
language sql immutable
as $$
  select case when p_disabled_at is not null then 'suspended'
              when not p_draft then 'active'
              when p_submitted_at is not null then 'in_review'
              else 'draft' end
$$;

comment on function pgrant_rules.developer_state(timestamptz, boolean, timestamptz) is
  'draft = works for its developer alone; in_review = so, and waits for somebody of the tenant; active = works for everybody; suspended = disabled.';

create function pgrant_rules.developer_kind(p_grant_types text[], p_token_endpoint_auth_method text) returns text
language sql immutable
as $$
  select case when not 'authorization_code' = any (p_grant_types) then 'machine'
              when p_token_endpoint_auth_method = 'none' then 'app'
              else 'web' end
$$;

comment on function pgrant_rules.developer_kind(text[], text) is
  'web = runs on a server and keeps a secret; app = in a browser or on a device (RFC 6749 2.1: public); machine = acts for itself.';

create function pgrant_rules.developer_scopes(p_tenant uuid, p_kind text) returns setof pgrant.scopes
language plpgsql stable
as $$
begin
  return query
  select s.*
    from pgrant.scopes s
   where s.tenant_id = p_tenant
     and s.disabled_at is null
     and coalesce(s.for_developers, not s.sensitive and not s.requires_role)
     -- There is no person whose identity or absence these could be about.
     and not (p_kind = 'machine' and s.scope in ('openid', 'offline_access', 'profile', 'email', 'address', 'phone'))
   order by s.scope;
end
$$;

comment on function pgrant_rules.developer_scopes(uuid, text) is 'What developers may ask for, for an application of this kind.';

create or replace function pgrant_rules.draft_refused(p_tenant uuid, p_client_id text, p_user_id uuid) returns boolean
language plpgsql stable
as $$
begin
  return not exists (
    select from pgrant.developer_clients d
     where d.tenant_id = p_tenant and d.client_id = p_client_id and d.developer_id = p_user_id);
end
$$;

comment on function pgrant_rules.draft_refused(uuid, text, uuid) is 'Whether a draft is not this person''s: it works for nobody else.';

create or replace function pgrant_rules.drafts_of(p_tenant uuid, p_user_id uuid) returns setof text
language plpgsql stable
as $$
begin
  return query
  select d.client_id
    from pgrant.developer_clients d
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = d.client_id
   where d.tenant_id = p_tenant and d.developer_id = p_user_id and c.draft
   order by d.client_id;
end
$$;

comment on function pgrant_rules.drafts_of(uuid, uuid) is 'What goes with a person who is removed: what only they could use.';
