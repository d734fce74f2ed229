-- What operators call: the upstreams of a tenant, and which account is whose.

create function pgrant_rules.upstream_defaults(p_kind text) returns jsonb
language sql immutable
as $$
  select case p_kind
           when 'oidc' then jsonb_build_object('scopes', jsonb_build_array('openid', 'profile', 'email'))
           when 'discord' then jsonb_build_object(
             'title', 'Discord', 'scopes', jsonb_build_array('identify', 'guilds.members.read'),
             'authorization_endpoint', 'https://discord.com/oauth2/authorize',
             'token_endpoint', 'https://discord.com/api/oauth2/token',
             'userinfo_endpoint', 'https://discord.com/api/v10/users/@me')
           else '{}'::jsonb end
$$;

comment on function pgrant_rules.upstream_defaults(text) is 'What an upstream of a kind is where the operator does not say.';

create function pgrant_rules.upstream_check(p_tenant uuid, p_settings jsonb) returns void
language plpgsql
as $$
declare
  v_wrong text;
begin
  select string_agg(distinct m.value, ', ') into v_wrong
    from jsonb_each_text(coalesce(p_settings -> 'settings' -> 'role_groups', '{}')) m
   where not exists (select from pgrant.groups g where g.tenant_id = p_tenant and g.group_name = m.value);
  if v_wrong is not null then
    raise exception 'there is no group %', v_wrong using errcode = 'OA001',
      hint = 'add the group before it is named in role_groups';
  end if;
end
$$;

comment on function pgrant_rules.upstream_check(uuid, jsonb) is
  'Raises OA001 for a group in role_groups that does not exist.';

create function pgrant_rules.upstream_known(p_tenant uuid, p_name text) returns void
language plpgsql
as $$
begin
  if not exists (select from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name) then
    raise exception 'there is no upstream %', p_name using errcode = 'OA001',
      hint = 'list the upstreams: select * from pgrant_ops.upstream_list(p_tenant)';
  end if;
end
$$;

comment on function pgrant_rules.upstream_known(uuid, text) is 'Raises OA001 where the tenant has no such upstream.';

create function pgrant_ops.upstream_add(p_tenant uuid, p_name text, p_kind text, p_settings jsonb,
                                        p_sealed_secrets bytea default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  if exists (select from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name) then
    raise exception 'there is an upstream % already', p_name using errcode = 'OA002', hint = 'choose another name';
  end if;
  perform pgrant_rules.values_check('upstreams', jsonb_build_object('name', p_name));
  perform pgrant_rules.settings_read('upstreams', p_settings);
  perform pgrant_rules.upstream_check(p_tenant, p_settings);
  if not p_kind = any (array['oidc', 'oauth2', 'discord']) then
    raise exception 'there is no kind of upstream %', p_kind using errcode = 'OA003', hint = 'kinds: oidc, oauth2, discord';
  elsif coalesce(p_settings ->> 'token_endpoint_auth_method', '') <> 'none' and p_sealed_secrets is null then
    raise exception 'the upstream has no client_secret' using errcode = 'OA003',
      hint = 'give the secret that it has registered, or set token_endpoint_auth_method to none';
  end if;
  perform pgrant_rules.settings_write(
    format('insert into pgrant.upstreams (tenant_id, name, kind, sealed_secrets, %%1$s) values ($1, $2, %L, %L, %%2$s)',
           p_kind, p_sealed_secrets),
    'upstreams', jsonb_build_object('title', p_name) || pgrant_rules.upstream_defaults(p_kind) || p_settings, p_tenant, p_name);
  perform pgrant_rules.audit(p_tenant, 'upstream.add', null, null, null,
                             p_detail => p_settings || jsonb_build_object('name', p_name, 'kind', p_kind));
  return pgrant_ops.upstream_show(p_tenant, p_name);
end
$$;

comment on function pgrant_ops.upstream_add(uuid, text, text, jsonb, bytea) is
  'Adds an upstream of kind oidc, oauth2 or discord; p_settings by the columns of pgrant.upstreams; p_sealed_secrets as sealed outside. Returns it. Raises OA001, OA002, OA003.';

create function pgrant_rules.upstream_move_check(p_before pgrant.upstreams, p_after pgrant.upstreams, p_sealed_secrets bytea)
returns void
language plpgsql
as $$
declare
  v_moved constant boolean := (p_before.issuer, p_before.token_endpoint, p_before.userinfo_endpoint)
                              is distinct from (p_after.issuer, p_after.token_endpoint, p_after.userinfo_endpoint);
  v_now constant timestamptz := now();
  v_accounts bigint;
begin
  if v_moved and p_before.sealed_secrets is not null and p_sealed_secrets is null then
    raise exception 'the secrets of upstream % are for the server that they were given for', p_before.name using errcode = 'OA003',
      hint = 'give client_secret anew together with issuer, token_endpoint or userinfo_endpoint';
  end if;
  if v_moved or p_before.settings #> '{claims,sub}' is distinct from p_after.settings #> '{claims,sub}' then
    -- Whoever is there now comes back with who they are to that server.
    update pgrant.upstream_logins l
       set used_at = coalesce(l.used_at, v_now), finished_at = v_now
     where l.tenant_id = p_before.tenant_id and l.upstream = p_before.name and l.finished_at is null and l.expires_at > v_now;
    select count(*) into v_accounts
      from pgrant.upstream_accounts a
     where a.tenant_id = p_before.tenant_id and a.upstream = p_before.name;
    if v_accounts > 0 then
      raise exception 'upstream % has % accounts, and whoever is called the same by another server is somebody else',
                      p_before.name, v_accounts
        using errcode = 'OA003', hint = 'add the other server as an upstream of its own';
    end if;
  end if;
end
$$;

comment on function pgrant_rules.upstream_move_check(pgrant.upstreams, pgrant.upstreams, bytea) is
  'Raises OA003 where a change would send secrets of before elsewhere, or take the people of one server for those of another: a subject means nothing without its issuer (OpenID Connect Core 5.7). Sign-ins that are under way at the server of before are over.';

create function pgrant_ops.upstream_set(p_tenant uuid, p_name text, p_settings jsonb, p_sealed_secrets bytea default null)
returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_before pgrant.upstreams;
  v_after pgrant.upstreams;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.upstream_known(p_tenant, p_name);
  perform pgrant_rules.upstream_check(p_tenant, p_settings);
  select u.* into v_before from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name for no key update;
  perform pgrant_rules.settings_write('update pgrant.upstreams u set (%1$s) = row(%2$s) where u.tenant_id = $1 and u.name = $2',
                                      'upstreams', p_settings, p_tenant, p_name);
  select u.* into v_after from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name;
  perform pgrant_rules.upstream_move_check(v_before, v_after, p_sealed_secrets);
  update pgrant.upstreams u
     set sealed_secrets = p_sealed_secrets
   where u.tenant_id = p_tenant and u.name = p_name and p_sealed_secrets is not null;
  -- Mapped anew at once, by asking the upstream about everybody whom it can be asked about.
  update pgrant.upstream_accounts a
     set check_after = now()
   where a.tenant_id = p_tenant and a.upstream = p_name and isfinite(a.check_after);
  perform pgrant_rules.audit(p_tenant, 'upstream.set', null, null, null,
                             p_detail => p_settings || jsonb_build_object('name', p_name));
  return pgrant_ops.upstream_show(p_tenant, p_name);
end
$$;

comment on function pgrant_ops.upstream_set(uuid, text, jsonb, bytea) is
  'Changes settings of an upstream, given as {column: value}; its people are checked again at once. Another server (issuer, token_endpoint, userinfo_endpoint) needs its secrets given anew, and takes no accounts over (see upstream_move_check). Returns it. Raises OA001, OA003.';

create function pgrant_ops.upstream_list(p_tenant uuid)
returns table (name text, kind text, title text, just_in_time boolean, accounts bigint, unanswered bigint,
               created_at timestamptz, disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select u.name, u.kind, u.title, u.just_in_time, count(a.subject), count(a.last_error), u.created_at, u.disabled_at
    from pgrant.upstreams u
    left join pgrant.upstream_accounts a on a.tenant_id = p_tenant and a.upstream = u.name
   where u.tenant_id = p_tenant
   group by u.tenant_id, u.name
   order by u.name;
end
$$;

comment on function pgrant_ops.upstream_list(uuid) is
  'The upstreams of a tenant, with how many accounts each has, and of how many the last recheck got no answer. Raises OA001.';

create function pgrant_ops.upstream_show(p_tenant uuid, p_name text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.upstream_known(p_tenant, p_name);
  return (select to_jsonb(u) - 'sealed_secrets' || jsonb_build_object('has_secrets', u.sealed_secrets is not null)
            from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name);
end
$$;

comment on function pgrant_ops.upstream_show(uuid, text) is 'All that is known of an upstream but its secrets. Raises OA001.';

create function pgrant_rules.upstream_distrust(p_tenant uuid, p_name text, p_cause text) returns void
language plpgsql
as $$
declare
  v_user_id uuid;
begin
  for v_user_id in
    select distinct m.user_id from pgrant.group_members m where m.tenant_id = p_tenant and m.source = p_name order by 1
  loop
    perform pgrant_rules.upstream_leave(p_tenant, p_name, v_user_id, p_cause);
  end loop;
end
$$;

comment on function pgrant_rules.upstream_distrust(uuid, text, text) is 'Takes away every group membership that an upstream gave.';

create function pgrant_ops.upstream_disable(p_tenant uuid, p_name text, p_disabled boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_action text := case when p_disabled then 'upstream.disable' else 'upstream.enable' end;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.upstream_known(p_tenant, p_name);
  update pgrant.upstreams u
     set disabled_at = case when p_disabled then coalesce(u.disabled_at, v_at) end
   where u.tenant_id = p_tenant and u.name = p_name;
  -- What it vouched for is worth nothing while it is not trusted; the next check or sign-in brings it back.
  if p_disabled then
    perform pgrant_rules.upstream_distrust(p_tenant, p_name, v_action);
  else
    update pgrant.upstream_accounts a set check_after = now()
     where a.tenant_id = p_tenant and a.upstream = p_name and isfinite(a.check_after);
  end if;
  perform pgrant_rules.audit(p_tenant, v_action, null, null, null, p_detail => jsonb_build_object('name', p_name));
end
$$;

comment on function pgrant_ops.upstream_disable(uuid, text, boolean) is
  'Disables an upstream, with every group membership that it gave, or enables it again. Raises OA001.';

create function pgrant_ops.upstream_remove(p_tenant uuid, p_name text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.upstream_known(p_tenant, p_name);
  perform from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name for update;
  perform pgrant_rules.upstream_distrust(p_tenant, p_name, 'upstream.remove');
  delete from pgrant.upstreams u where u.tenant_id = p_tenant and u.name = p_name;
  perform pgrant_rules.audit(p_tenant, 'upstream.remove', null, null, null, p_detail => jsonb_build_object('name', p_name));
end
$$;

comment on function pgrant_ops.upstream_remove(uuid, text) is
  'Removes an upstream with its accounts and the memberships that it gave; the users stay. Raises OA001.';
