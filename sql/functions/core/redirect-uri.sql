-- Redirect URIs, and the web origins of those who may read answers.

create function pgrant_rules.redirect_uri_portless(p_uri text) returns text
language sql immutable
as $$ select regexp_replace(p_uri, '^(http://(?:127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(?=[/?]|$)', '\1') $$;

comment on function pgrant_rules.redirect_uri_portless(text) is
  'A redirect URI on a loopback IP literal without its port, which a native app cannot know beforehand (RFC 8252 7.3); any other URI as it is.';

create function pgrant_rules.localhost_portless(p_uri text) returns text
language sql immutable
as $$ select regexp_replace(p_uri, '^http://localhost:[0-9]{1,5}(?=[/?]|$)', 'http://localhost') $$;

comment on function pgrant_rules.localhost_portless(text) is
  'A redirect URI on localhost without its port: whoever registers one without a port speaks for a native application, which cannot know its port beforehand (RFC 9700 4.1.3). Only such a one is compared so.';

create function pgrant_rules.redirect_uri_allowed(p_registered text[], p_uri text) returns boolean
language plpgsql immutable
as $$
begin
  if p_uri = any (p_registered) then
    return true;
  end if;
  return p_uri ~ '^http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?([/?]|$)'
     and exists (select from unnest(p_registered) r (uri)
                  where pgrant_rules.redirect_uri_portless(r.uri) = pgrant_rules.redirect_uri_portless(p_uri))
      or pgrant_rules.localhost_portless(p_uri) = any (p_registered);
end
$$;

comment on function pgrant_rules.redirect_uri_allowed(text[], text) is
  'Exact string comparison (RFC 9700 4.1.3), but for the port of a loopback IP literal (RFC 8252 7.3), and of localhost where the client has registered it without one.';

create function pgrant_rules.uri_shown(p_uri text) returns text
language sql immutable
as $$
  select left(regexp_replace(regexp_replace(case when p_uri ~ '^[A-Za-z][A-Za-z0-9+.-]*:' then p_uri else 'it' end,
                                            '^([^:/?#]+://)[^/?#]*@', '\1'),
                             '([?&#][^=&#]*)=[^&#]*', '\1=*', 'g'), 100)
$$;

comment on function pgrant_rules.uri_shown(text) is
  'A URI as a refusal names it: without user information and the values of its query, which may be secrets. What has no scheme is not repeated.';

create function pgrant_rules.redirect_uri_refused(p_tenant uuid, p_client_id text, p_redirect_uri text) returns text
language plpgsql stable
as $$
begin
  return (
    select case when p_redirect_uri is null
                then 'redirect_uri is missing, and may be left out only by a client that has one and need not push, without openid'
                else concat(pgrant_rules.uri_shown(p_redirect_uri), ': ', coalesce(
                       'left out when the client registered, because ' || left(c.left_out ->> p_redirect_uri, 80),
                       'not one that is registered for this client, character by character')) end
      from pgrant.clients c
     where c.tenant_id = p_tenant and c.client_id = p_client_id);
end
$$;

comment on function pgrant_rules.redirect_uri_refused(uuid, text, text) is
  'Why the browser is not sent to a redirect URI, for the client''s developers: it was never registered, or left out and by which rule.';

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
    raise exception 'the tenant does not allow the scheme % in redirect URIs', split_part(v_uri, ':', 1) using errcode = 'OA003',
      hint = 'a reversed domain name needs no permission; else name it in redirect_schemes of the tenant';
  end if;
end
$$;

comment on function pgrant_rules.redirect_schemes_check(uuid, pgrant.clients) is
  'Raises OA003 where a redirect URI of a client has a scheme that the tenant does not allow.';

create function pgrant_rules.uri_origin(p_uri text) returns text
language sql immutable
as $$ select lower(substring(p_uri from '^(https?://[^/?#]+)')) $$;

comment on function pgrant_rules.uri_origin(text) is 'The origin of a web URI as a browser writes it, or null for a private-use scheme.';

create type pgrant_api.origin as (
  error    pgrant_api.error,
  reason   text,
  allowed  boolean
);

comment on type pgrant_api.origin is 'Whether programs of a web origin may read answers.';

create function pgrant_api.origin_find(p_tenant uuid, p_request_id text, p_address inet, p_origin text)
returns pgrant_api.origin
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.origin;
  v_loopback constant boolean := p_origin ~ '^http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$';
  -- What is in each URI that comes into question.
  v_part constant text := pgrant_rules.localhost_portless(pgrant_rules.redirect_uri_portless(p_origin));
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  if pgrant.tenant() is null then
    v_out.error := 'not_found';
    v_out.reason := 'tenant unknown or disabled';
    return v_out;
  end if;
  v_out.allowed := exists (
    select from pgrant.clients c
     where c.tenant_id = p_tenant and c.disabled_at is null and p_origin = any (c.allowed_origins)
  ) or exists (
    select from pgrant.clients c
     where c.tenant_id = p_tenant
       and c.disabled_at is null
       and 'authorization_code' = any (c.grant_types)
       -- A look that costs little and is in vain almost always: strangers ask, too, for origins without number.
       and strpos(lower(array_to_string(c.redirect_uris, ' ')), v_part) > 0
       and exists (select from unnest(c.redirect_uris) r (uri)
                    where pgrant_rules.uri_origin(r.uri) in (p_origin, v_part)
                       or v_loopback and pgrant_rules.uri_origin(pgrant_rules.redirect_uri_portless(r.uri)) = v_part));
  return v_out;
end
$$;

comment on function pgrant_api.origin_find(uuid, text, inet, text) is
  'Whether a client of the tenant has a redirect URI at this origin, or the origin in allowed_origins, so that browsers may show its programs what the token endpoint and its neighbours answer. Writes nothing. Errors: not_found.';
