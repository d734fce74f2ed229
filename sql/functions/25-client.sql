-- Clients: their policy, their authentication, and their redirect URIs.

create function pgrant_rules.maker_enabled(p_tenant uuid, p_maker_id uuid) returns boolean
language plpgsql stable
as $$
begin
  -- Not one expression: the sub-select would be set up for each application, which has no maker.
  if p_maker_id is null then
    return true;
  end if;
  return exists (select from pgrant.users u where u.tenant_id = p_tenant and u.user_id = p_maker_id and u.disabled_at is null);
end
$$;

comment on function pgrant_rules.maker_enabled(uuid, uuid) is
  'Whether the maker of an API credential may still sign in; true for applications, which have no maker.';

create function pgrant_rules.client_live(
  p_disabled_at timestamptz, p_expires_at timestamptz, p_tenant_disabled_at timestamptz
) returns boolean
language sql stable
as $$ select p_disabled_at is null and coalesce(p_expires_at > now(), true) and p_tenant_disabled_at is null $$;

comment on function pgrant_rules.client_live(timestamptz, timestamptz, timestamptz) is
  'Whether a client with this disabled_at and expires_at, of a tenant with this disabled_at, may have anything.';

create view pgrant_rules.client_policies with (security_invoker = true) as
select c.tenant_id, c.client_id, c.name, c.created_at, c.token_endpoint_auth_method, c.redirect_uris, c.post_logout_redirect_uris,
       c.grant_types, c.scopes, c.consent, c.require_pkce, c.id_token_alg, c.id_token_claims,
       coalesce(c.access_token_format, t.access_token_format) as access_token_format,
       coalesce(c.access_token_alg, t.access_token_alg) as access_token_alg, t.access_token_typ,
       t.code_lifetime, t.request_lifetime,
       coalesce(c.access_token_lifetime, t.access_token_lifetime) as access_token_lifetime,
       coalesce(c.id_token_lifetime, t.id_token_lifetime) as id_token_lifetime,
       coalesce(c.refresh_idle_lifetime, t.refresh_idle_lifetime) as refresh_idle_lifetime,
       coalesce(c.refresh_lifetime, t.refresh_lifetime) as refresh_lifetime,
       coalesce(c.replay_window, t.replay_window) as replay_window,
       coalesce(c.consent_lifetime, t.consent_lifetime) as consent_lifetime,
       array[coalesce(t.audience, t.issuer)] as audience,
       c.maker_id, c.allowed_networks, t.name as tenant_name, t.roles_claim, t.permissions_claim, t.tenant_claim,
       c.default_max_age, t.registered_idle_lifetime, c.registered_at is not null as self_registered,
       c.registered_at is not null and coalesce(c.requested_at < now() - interval '1 day', true) as request_due,
       c.registered_at is not null and coalesce(c.last_used_at < now() - interval '1 day', true) as use_due,
       c.document_expires_at, c.identity_changed_at
  from pgrant.clients c
  join pgrant.tenants t on t.tenant_id = c.tenant_id
 where pgrant_rules.client_live(c.disabled_at, c.expires_at, t.disabled_at)
   and pgrant_rules.maker_enabled(c.tenant_id, c.maker_id);

comment on view pgrant_rules.client_policies is
  'Clients that are neither disabled nor past their expiry (nor is the maker of an API credential disabled), each with the policy that holds for it: its own setting, or else its tenant''s.';

create function pgrant_rules.network_allowed(p_networks cidr[]) returns boolean
language plpgsql stable
as $$
begin
  return coalesce(nullif(current_setting('pgrant.address', true), '')::inet <<= any (p_networks), false);
end
$$;

comment on function pgrant_rules.network_allowed(cidr[]) is 'Whether the caller''s address is in one of the networks.';

create function pgrant_rules.clients_authenticate(
  p_tenant uuid, p_address inet[], p_client_id text[], p_auth_method text[], p_secret_hash bytea[], p_assertion jsonb[],
  p_grant_type text default null, p_confidential boolean default false,
  out o_client pgrant_rules.client_policies[], out o_error pgrant_api.error[], out o_reason text[], out o_detail text[]
)
language plpgsql
as $$
begin
  select array_agg(a.client order by a.n),
         array_agg(case when a.reason is not null then 'invalid_client'
                        when not p_grant_type = any ((a.client).grant_types) then 'unauthorized_client'
                   end::pgrant_api.error order by a.n),
         array_agg(coalesce(a.reason, case when not p_grant_type = any ((a.client).grant_types)
                                           then 'client is not registered for ' || p_grant_type end) order by a.n),
         array_agg(case when a.reason is not null then pgrant_rules.client_assertion_detail(a.assertion, a.reason) end order by a.n)
    into o_client, o_error, o_reason, o_detail
    from (
      select q.n, c as client, q.assertion,
             case
               when c.client_id is null then 'client unknown or disabled'
               when c.allowed_networks is not null and not coalesce(q.address <<= any (c.allowed_networks), false)
                 then 'client may not authenticate from this address'
               -- RFC 6749 2.3: a client must not authenticate in a way that it is not registered for.
               when c.token_endpoint_auth_method = 'none'
                 then case when q.auth_method is distinct from 'none' then 'a public client sent a secret'
                           when p_confidential then 'a public client cannot introspect' end
               when c.token_endpoint_auth_method = 'private_key_jwt'
                 then case when q.auth_method = 'private_key_jwt'
                           then pgrant_rules.client_assertion_refusal(p_tenant, q.client_id, q.assertion)
                           else 'a client that signs did not' end
               when coalesce(q.auth_method, 'none') not in ('client_secret_basic', 'client_secret_post') or q.secret_hash is null
                 then 'a confidential client did not authenticate'
               when not exists (select from pgrant.client_secrets s
                                 where s.tenant_id = p_tenant
                                   and s.client_id = q.client_id
                                   and s.secret_hash = q.secret_hash
                                   and s.expires_at > now())
                 then 'client secret wrong or expired'
             end as reason
        from unnest(p_client_id, p_auth_method, p_secret_hash, p_assertion, p_address)
             with ordinality q (client_id, auth_method, secret_hash, assertion, address, n)
        left join pgrant_rules.client_policies c on c.tenant_id = p_tenant and c.client_id = q.client_id) a;
end
$$;

comment on function pgrant_rules.clients_authenticate(uuid, inet[], text[], text[], bytea[], jsonb[], text, boolean) is
  'Authenticates the client of each request (RFC 6749 2.3): none for a public one (unless p_confidential), a live secret for a confidential one, in the header or in the body alike (OAuth 2.1 2.4.1), or an assertion that is used up by it (see client_assertion_refusal); and for p_grant_type, where given. One element per request, in their order; o_error null = it is who it says; o_detail is what it may be told of its assertion; a failure is for the caller to record, as client.authenticate. Errors: invalid_client, unauthorized_client.';

create function pgrant_rules.authentication_entries(
  p_request_id text[], p_address inet[], p_client_id text[], p_error pgrant_api.error[], p_reason text[]
) returns pgrant_rules.audit_entry[]
language sql immutable
as $$
  select array_agg(row(q.request_id, q.address, case when q.error is not null then 'client.authenticate' end, q.error, q.reason,
                       q.client_id, null, null, null, null)::pgrant_rules.audit_entry order by q.n)
    from unnest(p_request_id, p_address, p_client_id, p_error, p_reason)
         with ordinality q (request_id, address, client_id, error, reason, n)
$$;

comment on function pgrant_rules.authentication_entries(text[], inet[], text[], pgrant_api.error[], text[]) is
  'What is recorded of each request whose client was not authenticated by clients_authenticate; nothing of the others.';

create function pgrant_rules.redirect_uri_portless(p_uri text) returns text
language sql immutable
as $$ select regexp_replace(p_uri, '^(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?=[/?]|$)', '\1') $$;

comment on function pgrant_rules.redirect_uri_portless(text) is
  'A redirect URI on a loopback IP literal without its port, which a native app cannot know beforehand (RFC 8252 7.3); any other URI as it is.';

create function pgrant_rules.redirect_uri_allowed(p_registered text[], p_uri text) returns boolean
language plpgsql immutable
as $$
begin
  return p_uri = any (p_registered)
      or (p_uri ~ '^http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?([/?]|$)'
          and exists (select from unnest(p_registered) r (uri)
                       where pgrant_rules.redirect_uri_portless(r.uri) = pgrant_rules.redirect_uri_portless(p_uri)));
end
$$;

comment on function pgrant_rules.redirect_uri_allowed(text[], text) is
  'Exact string comparison (RFC 9700 4.1.3), but for the port of a loopback IP literal (RFC 8252 7.3).';

create function pgrant_rules.uri_shown(p_uri text) returns text
language sql immutable
as $$
  select left(regexp_replace(regexp_replace(case when p_uri ~ '^[A-Za-z][A-Za-z0-9+.-]*:' then p_uri else 'it' end,
                                            '^([^:/?#]+://)[^/?#]*@', '\1'),
                             '([?&#][^=&#]*)=[^&#]*', '\1=*', 'g'), 100)
$$;

comment on function pgrant_rules.uri_shown(text) is
  'A URI as a refusal names it: without user information and the values of its query, which may be secrets. What has no scheme is not repeated.';

create function pgrant_rules.refused_value(p_detail text) returns jsonb
language sql immutable
as $$ select jsonb_build_object('refused', left(p_detail, 300)) where p_detail is not null $$;

comment on function pgrant_rules.refused_value(text) is 'What the audit keeps of a refusal besides its reason, null of null: {refused: the value that was refused, and the rule}.';

create function pgrant_rules.redirect_schemes_refused(p_tenant uuid, p_uris text[]) returns jsonb
language plpgsql stable
as $$
begin
  return (
    select coalesce(jsonb_object_agg(u.uri, 'redirect_schemes of the tenant has no ' || split_part(u.uri, ':', 1)), '{}')
      from pgrant.tenants t
     cross join unnest(p_uris) u (uri)
     where t.tenant_id = p_tenant
       and u.uri ~ '^[^.:]+:'
       and not split_part(u.uri, ':', 1) = any (array['https', 'http'] || t.redirect_schemes));
end
$$;

comment on function pgrant_rules.redirect_schemes_refused(uuid, text[]) is
  'The redirect URIs of a scheme that the tenant does not allow: {uri: rule}. Schemes with a dot are reversed domain names (RFC 8252 7.1), and need no permission.';

create function pgrant_rules.redirect_schemes_check(p_tenant uuid, p_client pgrant.clients) returns void
language plpgsql
as $$
declare
  v_uri text;
begin
  select r.key into v_uri
    from jsonb_each(pgrant_rules.redirect_schemes_refused(p_tenant, p_client.redirect_uris || p_client.post_logout_redirect_uris)) r
   limit 1;
  if v_uri is not null then
    raise exception 'the tenant does not allow the scheme % in redirect URIs', split_part(v_uri, ':', 1)
      using errcode = 'OA003', hint = 'a reversed domain name needs no permission; else name it in redirect_schemes of the tenant';
  end if;
end
$$;

comment on function pgrant_rules.redirect_schemes_check(uuid, pgrant.clients) is
  'Raises OA003 where a redirect URI of a client has a scheme that the tenant does not allow.';
