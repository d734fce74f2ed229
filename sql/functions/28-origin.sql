-- Which web origins may read answers (CORS; RFC 10017).

create function pgrant_rules.uri_origin(p_uri text) returns text
language sql immutable
as $$ select lower(substring(p_uri from '^(https?://[^/?#]+)')) $$;

comment on function pgrant_rules.uri_origin(text) is 'The origin of a web URI as a browser writes it, or null for a private-use scheme.';

create function pgrant_api.origin_find(p_tenant uuid, p_request_id text, p_address inet, p_origin text)
returns pgrant_api.origin
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.origin;
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
    select from pgrant.clients c, unnest(c.redirect_uris) r (uri)
     where c.tenant_id = p_tenant
       and c.disabled_at is null
       and 'authorization_code' = any (c.grant_types)
       and (pgrant_rules.uri_origin(r.uri) = p_origin
            or (p_origin ~ '^http://(127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?$'
                and pgrant_rules.uri_origin(pgrant_rules.redirect_uri_portless(r.uri))
                    = pgrant_rules.redirect_uri_portless(p_origin))));
  return v_out;
end
$$;

comment on function pgrant_api.origin_find(uuid, text, inet, text) is
  'Whether a client of the tenant has a redirect URI at this origin, or the origin in allowed_origins, so that browsers may show its programs what the token endpoint and its neighbours answer. Writes nothing. Errors: not_found.';
