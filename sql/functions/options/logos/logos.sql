-- Logos: which are wanted, copies of them, and who shows which.

create view pgrant_rules.logos_wanted with (security_invoker = true) as
select t.tenant_id, t.logo_uri
  from pgrant.tenants t
 where t.logo_uri is not null
 union
select c.tenant_id, c.logo_uri
  from pgrant.clients c
  join pgrant.tenants t on t.tenant_id = c.tenant_id
 where octet_length(c.logo_uri) <= 2000
   and (t.unverified_logos or c.registered_at is null and not c.draft);

comment on view pgrant_rules.logos_wanted is
  'The logos that pages may show: of tenants, and of clients that somebody of the tenant added or approved, or with unverified_logos of all. A URL that is too long to be found by an index is left out.';
comment on column pgrant_rules.logos_wanted.logo_uri is 'Where it is.';

create function pgrant_ops.logo_due(p_limit integer default 100) returns table (tenant_id uuid, logo_uri text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_left integer := p_limit;
  v_found integer;
begin
  -- Each by its index: a page costs the same however many logos there are.
  perform set_config('enable_seqscan', 'off', true);
  perform set_config('enable_bitmapscan', 'off', true);
  return query
  select t.tenant_id, coalesce(t.logo_kept, t.logo_uri) from pgrant.tenants t
   where t.logo_uri is distinct from t.logo_kept limit v_left;
  get diagnostics v_found = row_count;
  v_left := v_left - v_found;
  return query
  select c.tenant_id, coalesce(c.logo_kept, c.logo_uri) from pgrant.clients c
   where case when octet_length(c.logo_uri) <= 2000 then c.logo_uri end is distinct from c.logo_kept
     and c.registered_at is null and not c.draft
   limit v_left;
  get diagnostics v_found = row_count;
  v_left := v_left - v_found;
  return query
  select c.tenant_id, coalesce(c.logo_kept, c.logo_uri)
    from pgrant.tenants t
    join pgrant.clients c on c.tenant_id = t.tenant_id
   where t.unverified_logos
     and case when octet_length(c.logo_uri) <= 2000 then c.logo_uri end is distinct from c.logo_kept
     and (c.registered_at is not null or c.draft)
   limit v_left;
  get diagnostics v_found = row_count;
  v_left := v_left - v_found;
  return query
  select l.tenant_id, l.logo_uri from pgrant.logos l
   where l.check_after at time zone 'UTC' <= now() at time zone 'UTC'
   order by l.check_after at time zone 'UTC'
   limit v_left;
end
$$;

comment on function pgrant_ops.logo_due(integer) is
  'Logos, of all tenants, that are new, are to be fetched again, or may be wanted no more. Where one has replaced another the older is told first, and the new one once it is gone. The worker asks until there is none. Nothing is null.';

create function pgrant_ops.logo_fetch_begin(p_tenant uuid, p_logo_uri text) returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := now();
  v_wanted boolean;
begin
  perform pgrant_rules.administer(p_tenant);
  v_wanted := exists (select from pgrant_rules.logos_wanted w where w.tenant_id = p_tenant and w.logo_uri = p_logo_uri);
  update pgrant.tenants t set logo_kept = null
   where t.tenant_id = p_tenant and t.logo_kept = p_logo_uri and not (v_wanted and t.logo_uri is not distinct from p_logo_uri);
  update pgrant.clients c set logo_kept = null
   where c.tenant_id = p_tenant and c.logo_kept = p_logo_uri and not (v_wanted and c.logo_uri is not distinct from p_logo_uri);
  if not v_wanted then
    delete from pgrant.logos l where l.tenant_id = p_tenant and l.logo_uri = p_logo_uri;
    return false;
  end if;
  update pgrant.tenants t set logo_kept = p_logo_uri
   where t.tenant_id = p_tenant and t.logo_uri = p_logo_uri and t.logo_kept is null;
  update pgrant.clients c set logo_kept = p_logo_uri
   where c.tenant_id = p_tenant and c.logo_uri = p_logo_uri and c.logo_kept is null;
  -- Taken for five minutes, so that no two workers fetch the same.
  insert into pgrant.logos as l (tenant_id, logo_uri, check_after)
  values (p_tenant, p_logo_uri, v_now + interval '5 minutes')
      on conflict on constraint logos_pkey do update set check_after = excluded.check_after
   where l.check_after <= v_now;
  return found;
end
$$;

comment on function pgrant_ops.logo_fetch_begin(uuid, text) is
  'Whether the caller is to fetch a logo that is due, and to call logo_store then. Whoever names it is no longer new; one that is wanted no more is forgotten. Raises OA001.';

create function pgrant_ops.logo_store(p_tenant uuid, p_logo_uri text, p_media_type text, p_image bytea, p_reason text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_gone boolean;
begin
  perform pgrant_rules.administer(p_tenant);
  if p_image is not null then
    update pgrant.logos l
       set fetched_at = now(), digest = sha256(p_image), media_type = p_media_type, image = p_image, last_error = null,
           check_after = now() + interval '7 days'
     where l.tenant_id = p_tenant and l.logo_uri = p_logo_uri;
    return;
  end if;
  -- A server that is down takes no logo away, until nobody has seen it for a month.
  v_gone := coalesce((select l.fetched_at < now() - interval '30 days'
                        from pgrant.logos l where l.tenant_id = p_tenant and l.logo_uri = p_logo_uri), false);
  update pgrant.logos l
     set fetched_at = case when not v_gone then l.fetched_at end,
         digest = case when not v_gone then l.digest end,
         media_type = case when not v_gone then l.media_type end,
         image = case when not v_gone then l.image end,
         last_error = left(p_reason, 500),
         check_after = now() + interval '1 hour'
   where l.tenant_id = p_tenant and l.logo_uri = p_logo_uri;
end
$$;

comment on function pgrant_ops.logo_store(uuid, text, text, bytea, text) is
  'Takes what the fetch of a logo gave: the image, which is good for a week; or p_image null and why, and it is tried again in an hour. Raises OA001.';

create function pgrant_ops.logo_list(p_tenant uuid, p_own boolean default false)
returns table (logo_uri text, fetched_at timestamptz, check_after timestamptz, media_type text, size integer, last_error text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select w.logo_uri, l.fetched_at, l.check_after, l.media_type, length(l.image), l.last_error
    from pgrant_rules.logos_wanted w
    left join pgrant.logos l on l.tenant_id = w.tenant_id and l.logo_uri = w.logo_uri
   where w.tenant_id = p_tenant
     and (not p_own or w.logo_uri = (select t.logo_uri from pgrant.tenants t where t.tenant_id = p_tenant))
   order by w.logo_uri;
end
$$;

comment on function pgrant_ops.logo_list(uuid, boolean) is
  'The logos that the tenant and its clients name, with p_own that of the tenant alone: when the copy was fetched, what it is (size in bytes), and why the last fetch gave none. May be null: fetched_at, check_after, media_type, size, last_error. Raises OA001.';

create or replace function pgrant_rules.tenant_logo(p_tenant uuid) returns text
language plpgsql stable
as $$
begin
  return (select encode(l.digest, 'hex')
            from pgrant.tenants t
            join pgrant.logos l on l.tenant_id = t.tenant_id and l.logo_uri = t.logo_uri
           where t.tenant_id = p_tenant);
end
$$;

comment on function pgrant_rules.tenant_logo(uuid) is 'The logo of the tenant, by which logo_show finds it; null = none is there.';

create or replace function pgrant_rules.client_logo(p_tenant uuid, p_client_id text) returns text
language plpgsql stable
as $$
begin
  return (select encode(l.digest, 'hex')
            from pgrant.clients c
            join pgrant.tenants t on t.tenant_id = c.tenant_id
            join pgrant.logos l on l.tenant_id = c.tenant_id and l.logo_uri = c.logo_uri
           where c.tenant_id = p_tenant and c.client_id = p_client_id
             and (t.unverified_logos or c.registered_at is null and not c.draft));
end
$$;

comment on function pgrant_rules.client_logo(uuid, text) is
  'The logo of a client, by which logo_show finds it; null = none is there, or nobody vouches for the client, whatever its logo looks like.';

create type pgrant_api.logo as (
  error       pgrant_api.error,
  reason      text,
  media_type  text,
  image       bytea
);

comment on type pgrant_api.logo is 'A logo that a page shows.';
comment on column pgrant_api.logo.media_type is 'What it is by its first bytes.';
comment on column pgrant_api.logo.image is 'The image, as it came.';

create function pgrant_api.logo_show(p_tenant uuid, p_request_id text, p_address inet, p_logo_digest bytea) returns pgrant_api.logo
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.logo;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  select l.media_type, l.image
    into v_out.media_type, v_out.image
    from pgrant.logos l
   where l.tenant_id = p_tenant and l.digest = p_logo_digest
   limit 1;
  if not found then
    v_out.error := 'not_found';
    v_out.reason := 'the tenant has no such logo';
  end if;
  return v_out;
end
$$;

comment on function pgrant_api.logo_show(uuid, text, inet, bytea) is
  'A logo of the tenant or of one of its clients by the SHA-256 of the image. Writes nothing. Errors: not_found.';
