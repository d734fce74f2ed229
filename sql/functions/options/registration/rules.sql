-- Private rules of clients that register themselves: what they may be, how many, how often, how long.

create function pgrant_rules.registration_fields() returns text[]
language sql immutable
as $$
  select array['name', 'token_endpoint_auth_method', 'application_type', 'redirect_uris', 'post_logout_redirect_uris', 'grant_types',
               'scopes', 'id_token_alg', 'userinfo_alg', 'client_uri', 'logo_uri', 'tos_uri', 'policy_uri', 'contacts', 'software_id',
               'software_version', 'default_max_age', 'require_auth_time', 'default_acr_values', 'initiate_login_uri', 'jwks', 'jwks_uri',
               'token_endpoint_auth_signing_alg', 'subject_type', 'sector_identifier_uri', 'dpop_bound_access_tokens',
               'tls_client_certificate_bound_access_tokens', 'tls_client_auth_subject_dn', 'tls_client_auth_san_dns',
               'tls_client_auth_san_uri', 'tls_client_auth_san_ip', 'tls_client_auth_san_email',
               'authorization_alg', 'introspection_alg', 'request_object_signing_alg', 'request_uris', 'require_signed_request_object',
               'require_pushed_authorization_requests', 'backchannel_logout_uri', 'backchannel_logout_session_required',
               'frontchannel_logout_uri', 'frontchannel_logout_session_required', 'authorization_details_types', 'registered', 'left_out']
$$;

comment on function pgrant_rules.registration_fields() is
  'The columns of pgrant.clients that a client may fill for itself: never its consent, its PKCE, its lifetimes.';

create type pgrant_rules.registered_shape as (
  error   pgrant_api.error,
  reason  text,
  detail  text,
  client  pgrant.clients
);

comment on type pgrant_rules.registered_shape is 'What metadata make of a client, or the error.';

create function pgrant_rules.registration_shape(p_tenant uuid, p_metadata jsonb, p_machine_scopes text[])
returns pgrant_rules.registered_shape
language plpgsql
as $$
declare
  v_out pgrant_rules.registered_shape;
  v_client pgrant.clients;
  v_asked text[];
  v_off record;
begin
  v_client := jsonb_populate_record(null::pgrant.clients, pgrant_rules.client_defaults()
    || pgrant_rules.tenant_defaults(p_tenant, p_metadata ->> 'token_endpoint_auth_method') || (
    select coalesce(jsonb_object_agg(f.key, f.value), '{}')
      from jsonb_each(p_metadata) f where f.key = any (pgrant_rules.registration_fields())));
  v_client.name := pgrant.name_normal(v_client.name);
  v_asked := v_client.scopes;
  -- Whoever is sent a user code sees nothing of where it leads: not for a client that nobody vouches for (RFC 10027).
  v_client.grant_types := array_remove(v_client.grant_types, 'urn:ietf:params:oauth:grant-type:device_code');
  -- Nor does such a client get the tokens of others.
  v_client.grant_types := array_remove(v_client.grant_types, 'urn:ietf:params:oauth:grant-type:token-exchange');
  -- A client that nobody vouches for acts for people only, whose roles and consent bound it.
  if p_machine_scopes is null then
    v_client.grant_types := array_remove(v_client.grant_types, 'client_credentials');
  elsif 'client_credentials' = any (v_client.grant_types) then
    v_client.scopes := array(select s.scope from unnest(p_machine_scopes) s (scope)
                              where v_asked is null or s.scope = any (v_asked));
  end if;
  v_client.left_out := coalesce(v_client.left_out, '{}')
    || pgrant_rules.redirect_schemes_refused(p_tenant, v_client.redirect_uris || v_client.post_logout_redirect_uris)
    || pgrant_rules.scopes_left_out(p_tenant, v_client.scopes)
    || pgrant_rules.details_types_left_out(p_tenant, v_client.authorization_details_types);
  v_client.redirect_uris := pgrant_rules.without(v_client.redirect_uris, v_client.left_out);
  v_client.post_logout_redirect_uris := pgrant_rules.without(v_client.post_logout_redirect_uris, v_client.left_out);
  v_client.scopes := pgrant_rules.without(v_client.scopes, v_client.left_out);
  v_client.authorization_details_types := pgrant_rules.without(v_client.authorization_details_types, v_client.left_out);
  v_off := pgrant_rules.setting_not_offered(p_tenant, v_client, null);
  if v_off.setting is not null then
    v_out.error := 'invalid_client_metadata';
    v_out.reason := 'not among ' || v_off.offering || ' of the tenant';
    v_out.detail := case when v_off.offering = 'signing_algs' then replace(v_off.setting, '_alg', '_signed_response_alg')
                         else v_off.setting end
                    || ': one of ' || array_to_string(v_off.offered, ', ');
  elsif 'authorization_code' = any (v_client.grant_types) and v_client.redirect_uris = '{}' then
    v_out.error := 'invalid_redirect_uri';
    v_out.reason := 'none of the redirect URIs is one that such a client may have';
    select pgrant_rules.uri_shown(l.key) || ': ' || left(l.value, 100) into v_out.detail
      from jsonb_each_text(v_client.left_out) l where l.key ~ ':' limit 1;
  elsif not pgrant.name_sound(v_client.name) then
    v_out.error := 'invalid_client_metadata';
    v_out.reason := 'client_name has characters that people do not see, or none that they do';
  elsif not pgrant.sector_sound(v_client.subject_type, v_client.sector_identifier_uri, v_client.redirect_uris) then
    v_out.error := 'invalid_client_metadata';
    v_out.reason := 'sector_identifier_uri is missing: the redirect URIs are of several hosts';
    v_out.detail := v_out.reason;
  elsif v_client.frontchannel_logout_uri is not null
        and not pgrant.origin_among(v_client.frontchannel_logout_uri, v_client.redirect_uris) then
    v_out.error := 'invalid_client_metadata';
    v_out.reason := 'frontchannel_logout_uri has not the scheme, host and port of a redirect URI';
    v_out.detail := v_out.reason;
  elsif v_client.grant_types <@ array['refresh_token'] then
    v_out.error := 'invalid_client_metadata';
    v_out.reason := 'none of the grant types is one that such a client may have';
    v_out.detail := 'grant_types: none that such a client may have';
  elsif v_client.scopes = '{}' and 'client_credentials' = any (v_client.grant_types) and coalesce(v_asked <> '{}', true) then
    v_out.error := 'invalid_client_metadata';
    v_out.reason := 'none of the scopes is there for this client';
    v_out.detail := left('scope: none that such a client may have in ' || array_to_string(v_asked, ' '), 200);
  elsif v_client.scopes is not null and not 'client_credentials' = any (v_client.grant_types) then
    -- No bound, which it could widen by registering anew: MCP clients register what their first request needs, and step up later.
    -- Where none is left it is as if it had named none (RFC 7591 2).
    v_client.registered := coalesce(v_client.registered, '{}')
      || jsonb_strip_nulls(jsonb_build_object('scope', nullif(array_to_string(v_client.scopes, ' '), '')));
    v_client.scopes := null;
  end if;
  v_client.left_out := nullif(v_client.left_out, '{}');
  v_out.client := v_client;
  return v_out;
end
$$;

comment on function pgrant_rules.registration_shape(uuid, jsonb, text[]) is
  'The client that metadata describe (keys: registration_fields()). Redirect URIs of schemes that the tenant does not allow and scopes that it does not define are left out and listed in left_out (RFC 7591 3.2.1), and so are grant types that nobody vouches for, as client_credentials without p_machine_scopes; none that is left of them but refresh_token is an error, and none of redirect URIs, which names the first. The scopes of a client that acts for people are what it asks for where a request names none, in registered; those of a machine bound it. Errors: invalid_client_metadata, invalid_redirect_uri.';

create function pgrant_rules.registration_event(p_client pgrant.clients) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('name', p_client.name, 'redirect_uris', p_client.redirect_uris)
         || case when p_client.left_out is null then '{}' else jsonb_build_object('left_out', (
              select jsonb_object_agg(l.key, l.value)
                from (select pgrant_rules.uri_shown(l.key) as key, left(l.value, 100) as value
                        from jsonb_each_text(p_client.left_out) l limit 20) l)) end
$$;

comment on function pgrant_rules.registration_event(pgrant.clients) is
  'What the audit keeps of a client that registered or was described by its document: {name, redirect_uris, left_out: {value: rule}, 20 of them at most}.';

create function pgrant_rules.registration_full(p_tenant uuid, p_quota integer) returns boolean
language plpgsql
as $$
begin
  return (select count(*) from pgrant.clients c
           where c.tenant_id = p_tenant and c.registered_at is not null and c.document_fetched_at is null
             and c.expires_at > now()) >= p_quota;
end
$$;

comment on function pgrant_rules.registration_full(uuid, integer) is
  'Whether the tenant has as many clients that registered themselves as it may. Exact while the tenant''s row is locked.';

create function pgrant_rules.registration_yield(p_tenant uuid) returns void
language plpgsql
as $$
declare
  v_client_id text;
begin
  select c.client_id into v_client_id
    from pgrant.clients c
   where c.tenant_id = p_tenant
     and c.registered_at < now() - interval '1 day'
     and c.document_fetched_at is null
     and c.last_used_at is null
     and c.requested_at < now() - interval '1 day'
     and c.expires_at > now()
   order by c.requested_at, c.client_id
   limit 1
     for update skip locked;
  if found then
    perform pgrant_rules.client_delete(p_tenant, v_client_id, 'registration.remove');
    perform pgrant_rules.audit(p_tenant, 'registration.remove', null, 'registration_quota reached, and it never got a token', v_client_id);
  end if;
end
$$;

comment on function pgrant_rules.registration_yield(uuid) is
  'Makes room at the quota: the client goes by which somebody was sent here longest ago, more than a day, and that never got a token. Without that strangers could hold the quota for registered_idle_lifetime by a sign-in that they begin and never end.';

create function pgrant_rules.registration_token_use(p_tenant uuid, p_initial_hash bytea) returns boolean
language plpgsql
as $$
begin
  update pgrant.registration_tokens k
     set uses_left = k.uses_left - 1, used = k.used + 1, last_used_at = now()
   where k.tenant_id = p_tenant
     and k.token_hash = p_initial_hash
     and k.expires_at > now()
     and k.uses_left is distinct from 0;
  return found;
end
$$;

comment on function pgrant_rules.registration_token_use(uuid, bytea) is 'Spends one use of an initial access token; false where none is left.';

create or replace function pgrant_rules.client_request_note(p_client pgrant_rules.client_policies) returns void
language plpgsql
as $$
begin
  -- As client_use_note: never wait for whoever is removing the client or notes the same.
  update pgrant.clients c
     set requested_at = now(),
         expires_at = greatest(c.expires_at, now() + make_interval(secs => p_client.registered_idle_lifetime))
    from (select l.client_id from pgrant.clients l
           where l.tenant_id = p_client.tenant_id and l.client_id = p_client.client_id
             for no key update skip locked) l
   where c.tenant_id = p_client.tenant_id and c.client_id = l.client_id;
end
$$;

comment on function pgrant_rules.client_request_note(pgrant_rules.client_policies) is
  'Lets a client that registered itself live on because a person was sent here by it; for one with request_due, which it has once a day.';

create function pgrant_rules.client_document_host(p_client_url text) returns text
language sql immutable
as $$
  -- Nothing but a name and a port before the path: no parser can see another host in it.
  select substring(p_client_url from '^https?://([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[::1\])(?::[0-9]{1,5})?/')
$$;

comment on function pgrant_rules.client_document_host(text) is
  'The host of a client_id that is a URL, without its port; null where it is none that is taken.';

create or replace function pgrant_rules.client_presentation(p_tenant uuid, p_client_id text) returns jsonb
language plpgsql stable
as $$
begin
  return (select jsonb_strip_nulls(jsonb_build_object(
                   'client_uri', c.client_uri, 'policy_uri', c.policy_uri, 'tos_uri', c.tos_uri,
                   'registered_at', pgrant_rules.iso8601(c.registered_at),
                   'document_host', case when c.document_fetched_at is not null then pgrant_rules.client_document_host(c.client_id) end))
            from pgrant.clients c where c.tenant_id = p_tenant and c.client_id = p_client_id);
end
$$;

comment on function pgrant_rules.client_presentation(uuid, text) is
  'What a client says of itself: {client_uri, policy_uri, tos_uri, registered_at (ISO 8601 in UTC; only where it registered itself or came from a document), document_host (whose document that is)}.';
