-- Presets: several settings of a tenant under one name. A preset is these rows and nothing else; what is set can be set anew one by one.

create function pgrant_ops.tenant_presets() returns table (preset text, setting text, value jsonb, why text)
language plpgsql immutable security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query values
    ('default', 'registration', '"closed"'::jsonb, 'operators register clients'),
    ('default', 'registration_rate', '20', 'an hour, per address'),
    ('default', 'registered_consent', '"assured"', 'asked each time where any program could pretend to be the client'),
    ('default', 'client_documents', '"closed"', 'no client from a document'),
    ('default', 'redirect_schemes', '[]', 'https, loopback and reversed domain names only (RFC 8252 7)'),
    ('default', 'replay_window', '60', 'a lost answer or two tabs log nobody out'),
    ('default', 'require_pkce', 'true', 'of confidential clients too (OAuth 2.1 7.5.1)'),
    ('default', 'assertion_audience', '"issuer"', 'an assertion that another server could replay is refused (RFC 10070)'),
    ('default', 'session_management', 'false',
     'where browsers keep cookies from frames, every session looks changed to clients that watch it'),
    ('default', 'password_change_revokes', 'true', 'whoever had the old password may have used it'),
    ('default', 'require_pushed_authorization_requests', 'false', 'a request may come through the browser'),
    ('default', 'dpop_bound_access_tokens', 'false', 'tokens are bound for clients that prove a key, and required of those that say so'),
    ('default', 'signing_algs', '["RS256", "ES256"]', 'RS256 is what every client of OpenID Connect knows'),
    ('default', 'client_signing_algs', '["ES256", "RS256", "PS256", "EdDSA", "Ed25519"]',
     'RS256 is what every client of OpenID Connect knows'),
    ('default', 'token_endpoint_auth_methods', 'null', 'in every way that a client is registered for'),
    ('default', 'security_profile', 'null', 'what is set is all that holds'),
    ('default', 'access_token_alg', '"ES256"', 'short signatures, quickly made'),
    ('default', 'code_lifetime', '60', 'seconds'),
    ('default', 'par_lifetime', '60', 'seconds'),
    ('default', 'request_object_lifetime', '3600', 'a request object says until when it is good, and not for long'),

    ('strict', 'registration', '"closed"', 'operators register clients'),
    ('strict', 'registration_rate', '20', 'an hour, per address'),
    ('strict', 'registered_consent', '"always"', 'nobody vouches for what registered itself'),
    ('strict', 'client_documents', '"closed"', 'no client from a document'),
    ('strict', 'redirect_schemes', '[]', 'https, loopback and reversed domain names only (RFC 8252 7)'),
    ('strict', 'replay_window', '0', 'a refresh token is good once, to the letter (RFC 9700 4.14.2)'),
    ('strict', 'require_pkce', 'true', 'of confidential clients too (OAuth 2.1 7.5.1)'),
    ('strict', 'password_change_revokes', 'true', 'whoever had the old password may have used it'),

    ('mcp', 'registration', '"open"', 'MCP clients that publish no document register themselves (RFC 7591)'),
    ('mcp', 'registration_rate', '1000', 'hosted clients register for many people from few addresses'),
    ('mcp', 'client_documents', '"open"', 'MCP clients prefer to publish what they are'),
    ('mcp', 'redirect_schemes', '["claude", "cursor", "kiro", "trae", "vscode", "vscode-insiders", "warp", "windsurf", "zed"]',
     'hosts of MCP that have codes sent to a scheme of their own'),

    ('fapi2', 'registration', '"closed"', 'operators register clients, each with keys of its own'),
    ('fapi2', 'client_documents', '"closed"', 'no client from a document'),
    ('fapi2', 'redirect_schemes', '[]', 'https only for what an operator registers (FAPI 2.0 5.3.2.2)'),
    ('fapi2', 'require_pkce', 'true', 'S256 (FAPI 2.0 5.3.2.2)'),
    ('fapi2', 'require_pushed_authorization_requests', 'true', 'nothing of a request passes through the browser (FAPI 2.0 5.3.2.2)'),
    ('fapi2', 'dpop_bound_access_tokens', 'true', 'a stolen token is worth nothing; certificates bind as well (FAPI 2.0 5.3.2.1)'),
    ('fapi2', 'assertion_audience', '"issuer"', 'the issuer alone (FAPI 2.0 5.3.2.1)'),
    ('fapi2', 'signing_algs', '["RS256", "PS256", "ES256"]', 'OpenID Connect wants RS256 in it; the profile signs by the others'),
    ('fapi2', 'client_signing_algs', '["ES256", "PS256", "EdDSA", "Ed25519"]', 'assertions, request objects and proofs (FAPI 2.0 5.4.1)'),
    ('fapi2', 'token_endpoint_auth_methods', '["private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth"]',
     'no public client, and none with a secret (FAPI 2.0 5.3.2.1)'),
    ('fapi2', 'security_profile', '"fapi2"', 'whatever else is set: what FAPI 2.0 forbids is refused'),
    ('fapi2', 'access_token_alg', '"ES256"', 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)'),
    ('fapi2', 'code_lifetime', '60', 'at most 60 seconds (FAPI 2.0 5.3.2.1)'),
    ('fapi2', 'par_lifetime', '60', 'less than 600 seconds (FAPI 2.0 5.3.2.2)'),
    ('fapi2', 'request_object_lifetime', '3600', 'seconds, from nbf to exp at most (FAPI 2.0 Message Signing 5.3.1)'),

    ('openid-compatible', 'require_pkce', 'false', 'confidential clients that know OpenID Connect and no PKCE, from now on'),
    ('openid-compatible', 'assertion_audience', '"token_endpoint"',
     'clients that address an assertion to the token endpoint (OpenID Connect Core 9)'),
    ('openid-compatible', 'request_object_lifetime', 'null',
     'request objects that do not say until when they are good (OpenID Connect Core 6.1)'),
    ('openid-compatible', 'session_management', 'true', 'clients that watch a session from a frame (OpenID Connect Session Management)');
end
$$;

comment on function pgrant_ops.tenant_presets() is
  'What tenant_set sets for {"preset": name}: one row per setting, and why. The rows of default are the defaults of all settings that a preset has.';

create function pgrant_rules.preset_settings(p_settings jsonb) returns jsonb
language plpgsql stable
as $$
declare
  v_preset text := p_settings ->> 'preset';
  v_settings jsonb;
begin
  if (p_settings ? 'preset') is not true then
    return p_settings;
  end if;
  select jsonb_object_agg(p.setting, p.value) into v_settings from pgrant_ops.tenant_presets() p where p.preset = v_preset;
  if v_settings is null then
    raise exception 'there is no preset %', coalesce(v_preset, 'null') using errcode = 'OA003',
      hint = 'presets: ' || (select string_agg(distinct p.preset, ', ') from pgrant_ops.tenant_presets() p);
  end if;
  return v_settings || (p_settings - 'preset');
end
$$;

comment on function pgrant_rules.preset_settings(jsonb) is
  'Settings with the preset that they name in place of its name; what is named beside it wins. Raises OA003.';

create function pgrant_rules.tokens_unbound(p_tenant uuid)
returns table (client_id text, opaque bigint, jwts bigint, until timestamptz)
language plpgsql stable
as $$
declare
  v_tenant pgrant.tenants;
  v_resources record;
  v_longest interval;
begin
  select t.* into v_tenant from pgrant.tenants t where t.tenant_id = p_tenant;
  select max(r.access_token_lifetime) as lifetime, coalesce(bool_or(r.access_token_format = 'jwt'), false) as jwt into v_resources
    from pgrant.resources r where r.tenant_id = p_tenant and r.disabled_at is null;
  select make_interval(secs => greatest(v_tenant.access_token_lifetime, max(c.access_token_lifetime), v_resources.lifetime))
    into v_longest from pgrant.clients c where c.tenant_id = p_tenant;
  return query
  with changes as materialized (
    select e.client_id, max(e.at) as at
      from pgrant.audit_events e
     where e.tenant_id = p_tenant and e.at > now() - v_longest and e.action in ('tenant.set', 'client.set') and e.error is null
       and e.detail ?| array['preset', 'security_profile', 'dpop_bound_access_tokens', 'tls_client_certificate_bound_access_tokens']
     group by 1
  ), holders as (
    select c.client_id, coalesce(c.access_token_format, v_tenant.access_token_format) = 'jwt' or v_resources.jwt as jwt,
           make_interval(secs => greatest(coalesce(c.access_token_lifetime, v_tenant.access_token_lifetime), v_resources.lifetime)) as life,
           -- Since when it gets none that is not bound, by its own settings or those of the tenant: the audit knows when they were
           -- set, and not which token is.
           least(case when c.dpop_bound_access_tokens or c.tls_client_certificate_bound_access_tokens or c.security_profile is not null
                      then coalesce((select h.at from changes h where h.client_id = c.client_id), '-infinity') else 'infinity' end,
                 case when v_tenant.dpop_bound_access_tokens or v_tenant.security_profile is not null
                      then coalesce((select h.at from changes h where h.client_id is null), '-infinity') else 'infinity' end) as bound_at
      from pgrant.clients c where c.tenant_id = p_tenant and c.disabled_at is null
  ), tokens as (
    select a.client_id, 1 as opaque, 0 as jwt, a.expires_at as until
      from pgrant.access_tokens a
      left join pgrant.token_families f on f.tenant_id = p_tenant and f.family_id = a.family_id
     where a.tenant_id = p_tenant and a.expires_at > now() and a.revoked_at is null and a.cnf is null
       and (a.family_id is null or f.family_id is not null and f.revoked_at is null)
    union all
    select e.client_id, 0, 1, e.at + h.life
      from pgrant.audit_events e
      join holders h on h.client_id = e.client_id and h.jwt and e.at < h.bound_at and e.at > now() - h.life
     where e.tenant_id = p_tenant and e.at > now() - v_longest and e.error is null
       and e.action in ('code.redeem', 'device_code.redeem', 'refresh.rotate', 'refresh.replay', 'client_credentials.issue',
                        'token.exchange', 'identity_assertion.redeem')
  )
  select t.client_id, sum(t.opaque), sum(t.jwt), max(t.until)
    from tokens t
    join holders h using (client_id)
   group by 1;
end
$$;

comment on function pgrant_rules.tokens_unbound(uuid) is
  'How many access tokens are live that are bound to no key, client by client, and until when: opaque ones exactly, JWTs at most, for nothing is stored of them: those that were issued within their lifetime, while the client could get one that is not bound.';

create function pgrant_ops.tenant_check(p_tenant uuid, p_profile text)
returns table (subject text, client_id text, setting text, value jsonb, wanted text)
language plpgsql stable security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tenant jsonb;
  v_any text;
begin
  perform pgrant_rules.administer(p_tenant);
  if p_profile is distinct from 'fapi2' then
    raise exception 'there is no profile %', coalesce(p_profile, '(none)') using errcode = 'OA003', hint = 'profiles: fapi2';
  end if;
  select to_jsonb(t), case when 'RS256' = any (t.client_signing_algs) then 'RS256' end into v_tenant, v_any
    from pgrant.tenants t where t.tenant_id = p_tenant;
  return query
  select 'tenant', null::text, p.setting, v_tenant -> p.setting, p.value::text || ': ' || p.why
    from pgrant_ops.tenant_presets() p
   where p.preset = p_profile
     and case when p.setting in ('code_lifetime', 'par_lifetime') then (v_tenant ->> p.setting)::integer > (p.value #>> '{}')::integer
              when p.setting = 'signing_algs' then not v_tenant -> p.setting ?| array['PS256', 'ES256', 'EdDSA', 'Ed25519']
              when p.setting = 'client_signing_algs' then v_tenant -> p.setting ? 'RS256'
              when p.setting = 'token_endpoint_auth_methods' then not v_tenant -> p.setting <@ p.value
              when p.setting = 'access_token_alg' then v_tenant ->> p.setting = 'RS256'
              else v_tenant -> p.setting is distinct from p.value end
  union all
  select 'resource ' || r.resource, null, 'access_token_alg', to_jsonb(r.access_token_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)'
    from pgrant.resources r where r.tenant_id = p_tenant and r.access_token_alg = 'RS256' and r.disabled_at is null
  union all
  select 'client', c.client_id, w.setting, w.value, w.wanted
    from pgrant.clients c
   cross join lateral (values
     ('token_endpoint_auth_method', to_jsonb(c.token_endpoint_auth_method), 'private_key_jwt or tls_client_auth (FAPI 2.0 5.3.2.1)',
      c.token_endpoint_auth_method not in ('private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth')),
     -- Without one it may sign by whatever the tenant takes.
     ('token_endpoint_auth_signing_alg', to_jsonb(c.token_endpoint_auth_signing_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)',
      c.token_endpoint_auth_method = 'private_key_jwt' and coalesce(c.token_endpoint_auth_signing_alg, v_any) = 'RS256'),
     ('request_object_signing_alg', to_jsonb(c.request_object_signing_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)',
      coalesce(c.request_object_signing_alg, case when c.require_signed_request_object then v_any end) = 'RS256'),
     ('authorization_alg', to_jsonb(c.authorization_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)', c.authorization_alg = 'RS256'),
     ('userinfo_alg', to_jsonb(c.userinfo_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)', c.userinfo_alg = 'RS256'),
     ('introspection_alg', to_jsonb(c.introspection_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)', c.introspection_alg = 'RS256'),
     ('id_token_alg', to_jsonb(c.id_token_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)', c.id_token_alg = 'RS256'),
     ('access_token_alg', to_jsonb(c.access_token_alg), 'PS256, ES256 or EdDSA (FAPI 2.0 5.4.1)', c.access_token_alg = 'RS256'),
     ('require_pkce', to_jsonb(c.require_pkce), 'true (FAPI 2.0 5.3.2.2)', not c.require_pkce),
     ('assertion_audience', to_jsonb(c.assertion_audience), 'issuer (FAPI 2.0 5.3.2.1)', c.assertion_audience = 'token_endpoint'),
     ('redirect_uris', to_jsonb(c.redirect_uris), 'https (FAPI 2.0 5.3.2.2)',
      exists (select from unnest(c.redirect_uris) u (uri) where u.uri not like 'https://%'))
   ) w (setting, value, wanted, broken)
   where c.tenant_id = p_tenant and c.maker_id is null and c.disabled_at is null and w.broken is true
  union all
  select 'client', u.client_id, 'access tokens',
         jsonb_build_object('opaque', u.opaque, 'jwt at most', u.jwts, 'until', pgrant_rules.iso8601(u.until)),
         'bound to a key (FAPI 2.0 5.3.2.1); the profile ends these but at APIs that verify JWTs by themselves'
    from pgrant_rules.tokens_unbound(p_tenant) u
   order by 1 desc, 2, 3;
end
$$;

comment on function pgrant_ops.tenant_check(uuid, text) is
  'What of a tenant and of its clients that are enabled is not as a profile wants it (fapi2: FAPI 2.0 Security Profile), before it is switched to the preset of that name or after, and which access tokens are live that are bound to nothing (setting = access tokens, value = {opaque, jwt at most, until}); no row = all is. client_id is null for the tenant''s own settings and those of its resources, which subject names; value may be null: none is set. Raises OA001, OA003.';
