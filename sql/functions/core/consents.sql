-- People see and revoke what they allowed.

create type pgrant_api.consents as (
  error     pgrant_api.error,
  reason    text,
  username  text,
  consents  jsonb,
  upstreams jsonb,
  developer boolean
);

comment on type pgrant_api.consents is 'The grants of the signed-in person.';
comment on column pgrant_api.consents.upstreams is 'Array of {name, title, linked}: where else the person may sign in.';
comment on column pgrant_api.consents.developer is 'Whether the developer portal is there for the person.';
comment on column pgrant_api.consents.consents is
  'Array of {grant_id, client_id, client_name, client_logo (SHA-256 of its logo, null = none), scopes: [{scope, title, description, texts: {language: {title, description}}}], assertion_issuer (who vouched for the person where they were not asked for all of it), asks (whether people are asked: false for what is of the service itself), created_at, consented_at, consent_expires_at, last_used_at, authorized_at and authorized_from (when and from which address the person last let it in, as far as their youngest 2,000 events say)}; times ISO 8601 in UTC, null = never.';

create function pgrant_api.consent_list(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint
) returns pgrant_api.consents
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.consents;
  v_session pgrant.sessions;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
    return v_out;
  end if;

  v_out.username := (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_session.user_id);
  select coalesce(jsonb_agg(jsonb_build_object(
           'grant_id', g.grant_id,
           'client_id', g.client_id,
           'client_name', c.name,
           'client_logo', pgrant_rules.client_logo(p_tenant, g.client_id),
           'scopes', (select coalesce(jsonb_agg(jsonb_build_object(
                         'scope', s.scope, 'title', s.title, 'description', s.description,
                         'texts', pgrant_rules.scope_texts(p_tenant, s.scope)) order by s.scope), '[]')
                        from pgrant.scopes s where s.tenant_id = p_tenant and s.scope = any (g.scopes)),
           'assertion_issuer', g.assertion_issuer,
           'asks', c.consent <> 'never',
           'created_at', pgrant_rules.iso8601(g.created_at),
           'consented_at', pgrant_rules.iso8601(g.consented_at),
           'consent_expires_at', pgrant_rules.iso8601(g.consent_expires_at),
           'authorized_at', pgrant_rules.iso8601(a.at),
           'authorized_from', host(a.address),
           'last_used_at', pgrant_rules.iso8601(greatest(g.last_used_at, f.last_used_at)))
         order by greatest(g.last_used_at, f.last_used_at) desc nulls last, c.name), '[]')
    into v_out.consents
    from pgrant.grants g
    join pgrant.clients c on c.tenant_id = p_tenant and c.client_id = g.client_id
   cross join lateral (select max(f.last_used_at) as last_used_at
                         from pgrant.token_families f
                        where f.tenant_id = p_tenant and f.grant_id = g.grant_id) f
    -- Of the audit, which is written anyway: nothing is kept for this page.
    left join (select distinct on (e.grant_id) e.grant_id, e.at, e.address
                 from (select e.grant_id, e.at, e.address, e.action
                         from pgrant.audit_events e
                        where e.tenant_id = p_tenant and e.user_id = v_session.user_id and e.action <> 'refresh.rotate'
                        order by e.at desc limit 2000) e
                where e.action in ('consent.allow', 'consent.remember')
                order by e.grant_id, e.at desc) a on a.grant_id = g.grant_id
   where g.tenant_id = p_tenant
     and g.user_id = v_session.user_id
     -- The console is no application of anybody's: its admin needs the session alone, which is listed as such.
     and g.client_id <> 'pgrant-console'
     and g.revoked_at is null
     and g.expires_at > now();
  v_out.developer := pgrant_rules.developer_allowed(p_tenant, v_session.user_id);
  v_out.upstreams := pgrant_rules.upstream_choices(p_tenant, v_session.user_id);
  return v_out;
end
$$;

comment on function pgrant_api.consent_list(uuid, text, inet, bytea, bigint) is
  'The live grants of the signed-in person but that of the console, last used first. Writes nothing but the session''s idle expiry. Errors: login_required.';

create function pgrant_api.consent_revoke(
  p_tenant uuid, p_request_id text, p_address inet, p_session_hash bytea, p_session_expires_at bigint,
  p_csrf_hash bytea, p_grant_id text
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
  v_session pgrant.sessions;
  v_grant pgrant.grants;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_session := pgrant_rules.session_use(p_tenant, p_session_hash, p_session_expires_at);
  if v_session.session_id is null then
    v_out.error := 'login_required';
    v_out.reason := 'nobody is signed in';
  elsif v_session.csrf_hash is distinct from p_csrf_hash then
    v_out.error := 'csrf_mismatch';
    v_out.reason := 'csrf token missing or of another session';
  else
    select g.* into v_grant
      from pgrant.grants g
     where g.tenant_id = p_tenant
       and g.grant_id::text = lower(p_grant_id)
       and g.user_id = v_session.user_id;
    if v_grant.grant_id is null or (pgrant_rules.grant_end(p_tenant, v_grant.grant_id, 'revoked by the person')).grant_id is null then
      v_out.error := 'not_found';
      v_out.reason := 'no such grant of this person';
    end if;
  end if;
  perform pgrant_rules.audit(p_tenant, 'grant.revoke', v_out.error, v_out.reason, v_grant.client_id, v_session.user_id,
                             v_grant.grant_id);
  return v_out;
end
$$;

comment on function pgrant_api.consent_revoke(uuid, text, inet, bytea, bigint, bytea, text) is
  'Revokes a grant of the signed-in person, with every token that hangs on it. Another person''s grant is like one that does not exist. Errors: login_required, csrf_mismatch, not_found.';
