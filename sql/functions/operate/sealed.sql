-- What is sealed under PGRANT_SECRET, to be sealed again when that has changed. SQL cannot open any of it.

create function pgrant_ops.sealed_list(p_tenant uuid, p_key_id bytea, p_limit integer default 100)
returns table (kind text, name text, part text, sealed bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select s.kind, s.name, s.part, s.sealed
    from (
      select 'signing key' as kind, k.kid as name, null as part, k.sealed_private as sealed
        from pgrant.signing_keys k where k.tenant_id = p_tenant
      union all
      select 'upstream secrets', u.name, null, u.sealed_secrets
        from pgrant.upstreams u where u.tenant_id = p_tenant
      union all
      select 'upstream tokens', a.upstream, a.subject, a.sealed_tokens
        from pgrant.upstream_accounts a where a.tenant_id = p_tenant
      union all
      select 'webhook secret', w.name, null, w.sealed_secret
        from pgrant.webhooks w where w.tenant_id = p_tenant
      union all
      select 'old webhook secret', w.name, null, w.sealed_old_secret
        from pgrant.webhooks w where w.tenant_id = p_tenant
      union all
      select 'totp secret', a.user_id::text, null, a.sealed_secret
        from pgrant.totp_authenticators a where a.tenant_id = p_tenant
    ) s
   -- Empty after an import: the secret has to be given anew.
   where substr(s.sealed, 1, 4) <> p_key_id and s.sealed <> ''
   limit p_limit;
end
$$;

comment on function pgrant_ops.sealed_list(uuid, bytea, integer) is
  'What a tenant has that is sealed under another key than p_key_id, the first 4 bytes of what is sealed now; p_limit of them. name and part say whose it is. May be null: part. Raises OA001.';

create function pgrant_ops.sealed_replace(p_tenant uuid, p_kind text, p_name text, p_part text, p_old bytea, p_new bytea)
returns boolean
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if p_kind = 'signing key' then
    update pgrant.signing_keys k set sealed_private = p_new
     where k.tenant_id = p_tenant and k.kid = p_name and k.sealed_private = p_old;
  elsif p_kind = 'upstream secrets' then
    update pgrant.upstreams u set sealed_secrets = p_new
     where u.tenant_id = p_tenant and u.name = p_name and u.sealed_secrets = p_old;
  elsif p_kind = 'upstream tokens' then
    update pgrant.upstream_accounts a set sealed_tokens = p_new
     where a.tenant_id = p_tenant and a.upstream = p_name and a.subject = p_part and a.sealed_tokens = p_old;
  elsif p_kind = 'webhook secret' then
    update pgrant.webhooks w set sealed_secret = p_new
     where w.tenant_id = p_tenant and w.name = p_name and w.sealed_secret = p_old;
  elsif p_kind = 'old webhook secret' then
    update pgrant.webhooks w set sealed_old_secret = p_new
     where w.tenant_id = p_tenant and w.name = p_name and w.sealed_old_secret = p_old;
  elsif p_kind = 'totp secret' then
    update pgrant.totp_authenticators a set sealed_secret = p_new
     where a.tenant_id = p_tenant and a.user_id::text = p_name and a.sealed_secret = p_old;
  else
    raise exception 'nothing of kind % is sealed', p_kind using errcode = 'OA003',
      hint = 'the kinds are those of pgrant_ops.sealed_list';
  end if;
  return found;
end
$$;

comment on function pgrant_ops.sealed_replace(uuid, text, text, text, bytea, bytea) is
  'Puts p_new in the place of p_old, which sealed_list gave; false where something else is there by now. Raises OA001, OA003.';
