-- An authorization request while the person decides: finding it, and what is shown of it.

create function pgrant_rules.pushed_request_open(p_tenant uuid, p_request pgrant.authorization_requests) returns boolean
language plpgsql
as $$
begin
  perform from pgrant.authorization_requests r
    where r.tenant_id = p_tenant
      and r.request_hash = p_request.pushed_hash
      and r.expires_at = p_request.pushed_expires_at
      and r.completed_at is null
      for update;
  return found;
end
$$;

comment on function pgrant_rules.pushed_request_open(uuid, pgrant.authorization_requests) is
  'Whether the pushed request that this one is of has not been answered, by this browser or another; locks it.';

create function pgrant_rules.pushed_request_settle(p_tenant uuid, p_request pgrant.authorization_requests) returns void
language plpgsql
as $$
begin
  -- Good once, and used up by the answer: a page that is loaded again, or ahead of time, costs nobody the sign-in
  -- (RFC 9126 4, FAPI 2.0 5.3.2.2 note 3).
  update pgrant.authorization_requests r
     set completed_at = now()
   where r.tenant_id = p_tenant
     and r.request_hash = p_request.pushed_hash
     and r.expires_at = p_request.pushed_expires_at;
end
$$;

comment on function pgrant_rules.pushed_request_settle(uuid, pgrant.authorization_requests) is
  'Marks the pushed request as answered that this one is of: no browser takes it up, or goes on with it, any more.';

create function pgrant_rules.request_find(
  p_tenant uuid, p_request_hash bytea, p_expires_at bigint, p_browser_hash bytea
) returns pgrant.authorization_requests
language plpgsql
as $$
declare
  v_request pgrant.authorization_requests;
begin
  select r.* into v_request
    from pgrant.authorization_requests r
   where r.tenant_id = p_tenant
     and r.request_hash = p_request_hash
     and r.expires_at = pgrant_rules.moment(p_expires_at)
     and r.expires_at > now()
     and r.completed_at is null
     and r.browser_hash = p_browser_hash
     for update;
  if v_request.pushed_hash is not null and not pgrant_rules.pushed_request_open(p_tenant, v_request) then
    return null;
  end if;
  return v_request;
end
$$;

comment on function pgrant_rules.request_find(uuid, bytea, bigint, bytea) is
  'The unanswered authorization request of this browser, locked, or null, also where another browser has answered the pushed request that it is of. What makes a forged form useless: its sender has no handle that belongs to the victim''s browser.';

create function pgrant_rules.client_asks(p_client pgrant_rules.client_policies) returns boolean
language sql immutable
as $$ select p_client.profile_fault is null or p_client.client_id = 'pgrant-console' $$;

comment on function pgrant_rules.client_asks(pgrant_rules.client_policies) is
  'Whether a client may bring people to a page: those of which the tenant takes nothing may not. The console is a page of this server.';

create function pgrant_rules.request_client(p_tenant uuid, p_request pgrant.authorization_requests)
returns pgrant_rules.client_policies
language plpgsql
as $$
declare
  v_client pgrant_rules.client_policies;
begin
  if p_request.client_id = '' then
    return pgrant_rules.account_client(p_tenant);
  end if;
  v_client := pgrant_rules.client_find(p_tenant, p_request.client_id);
  if not pgrant_rules.client_asks(v_client) then
    return null;
  elsif p_request.device_hash is not null then
    return case when pgrant_rules.device_presentation(p_tenant, p_request) is not null then v_client end;
  elsif not pgrant_rules.redirect_uri_allowed(v_client.redirect_uris, p_request.redirect_uri) then
    return null;
  end if;
  return v_client;
end
$$;

comment on function pgrant_rules.request_client(uuid, pgrant.authorization_requests) is
  'The client of a stored request, or null: disabled, gone or taken no more since, the redirect URI of the request is its no more, or no device waits for it any more.';

create function pgrant_rules.authorization_answer(
  p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests
) returns pgrant_api.authorization
language plpgsql
as $$
declare
  v_out pgrant_api.authorization;
begin
  v_out.next := 'respond';
  v_out.redirect_uri := p_request.redirect_uri;
  v_out.response_mode := p_request.response_mode;
  if p_request.response_mode like '%.jwt' then
    v_out.response_alg := p_client.authorization_alg;
    v_out.response_audience := p_request.client_id;
  end if;
  v_out.state := p_request.state;
  v_out.watched_client_id := case when p_client.session_management then p_client.client_id end;
  return v_out;
end
$$;

comment on function pgrant_rules.authorization_answer(pgrant_rules.client_policies, pgrant.authorization_requests) is
  'Where and how a request is answered.';

create function pgrant_rules.request_complete(
  p_tenant uuid, p_request pgrant.authorization_requests, p_answer pgrant_api.authorization
) returns void
language plpgsql
as $$
begin
  update pgrant.authorization_requests r
     set completed_at = now(), code_expires_at = pgrant_rules.moment(p_answer.code_expires_at), response_error = p_answer.response_error
   where r.tenant_id = p_tenant
     and r.request_hash = p_request.request_hash
     and r.expires_at = p_request.expires_at;
  if p_request.device_hash is not null then
    perform pgrant_rules.device_settle(p_tenant, p_request, p_answer.response_error);
  end if;
  if p_request.pushed_hash is not null then
    perform pgrant_rules.pushed_request_settle(p_tenant, p_request);
  end if;
end
$$;

comment on function pgrant_rules.request_complete(uuid, pgrant.authorization_requests, pgrant_api.authorization) is
  'Marks a stored request as answered, by a code or an error, once and for all.';

create function pgrant_rules.choice_left(p_tenant uuid) returns boolean
language plpgsql stable
as $$ begin return (select t.consent_choice from pgrant.tenants t where t.tenant_id = p_tenant); end $$;

comment on function pgrant_rules.choice_left(uuid) is 'Whether people may allow less than a client asks for.';

create function pgrant_rules.request_page(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_request pgrant.authorization_requests, p_user_id uuid
) returns jsonb
language plpgsql
as $$
declare
  v_granted text[];
  v_page jsonb;
begin
  select g.scopes into v_granted
    from pgrant.grants g
   where g.tenant_id = p_tenant and g.user_id = p_user_id and g.client_id = p_client.client_id and g.revoked_at is null;

  select jsonb_build_object(
           'client_id', p_client.client_id,
           'client_name', p_client.name,
           'client_logo', pgrant_rules.client_logo(p_tenant, p_client.client_id),
           'client', pgrant_rules.client_presentation(p_tenant, p_client.client_id),
           'redirect_uri', p_request.redirect_uri,
           'device', case when p_request.device_hash is not null then pgrant_rules.device_presentation(p_tenant, p_request) end,
           'login_hint', p_request.login_hint,
           'ui_locales', to_jsonb(p_request.ui_locales),
           'consent_until', case when p_client.consent_lifetime > 0
                                 then pgrant_rules.iso8601(pgrant_rules.after(p_client.consent_lifetime)) end,
           'create', 'create' = any (p_request.prompt),
           'username', (select u.username from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_user_id),
           'resources', (select coalesce(jsonb_agg(jsonb_build_object('resource', r.resource, 'title', r.title) order by r.title), '[]')
                           from pgrant.resources r
                          where r.tenant_id = p_tenant and r.resource = any (p_request.resources)),
           'authorization_details', pgrant_rules.details_shown(p_tenant, p_request.authorization_details),
           'claims', to_jsonb(p_request.claims_id_token || p_request.claims_userinfo),
           'choice', pgrant_rules.choice_left(p_tenant),
           'replaced', pgrant_rules.grant_lost(p_tenant, p_client, p_request, p_user_id),
           'upstreams', pgrant_rules.upstream_choices(p_tenant, p_user_id),
           'scopes', coalesce(jsonb_agg(jsonb_build_object(
             'scope', s.scope, 'title', s.title, 'description', s.description, 'sensitive', s.sensitive,
             'texts', pgrant_rules.scope_texts(p_tenant, s.scope),
             'granted', s.scope = any (coalesce(v_granted, '{}'))) order by s.sensitive desc, s.scope), '[]'))
    into v_page
    from pgrant.scopes s
   where s.tenant_id = p_tenant
     -- Asking for more asks for the union, so that what was allowed before is not lost.
     and (s.scope = any (p_request.scopes) or p_request.grant_management_action is distinct from 'replace' and s.scope = any (v_granted))
     and (p_client.scopes is null or s.scope = any (p_client.scopes))
     and (s.disabled_at is null or s.scope = any (v_granted))
     and (not s.requires_role or pgrant_rules.has_role(p_tenant, p_user_id, s.scope));
  return v_page;
end
$$;

comment on function pgrant_rules.request_page(uuid, pgrant_rules.client_policies, pgrant.authorization_requests, uuid) is
  'What the pages of a request show of it.';
