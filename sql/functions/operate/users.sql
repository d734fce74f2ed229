-- What operators call: users and grants of a tenant.

create function pgrant_ops.user_add(p_tenant uuid, p_username text, p_claims jsonb default '{}',
                                    p_password_salt bytea default null, p_password_params jsonb default null,
                                    p_password_hash bytea default null)
returns uuid
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  if exists (select from pgrant.users u where u.tenant_id = p_tenant and u.username_key = lower(p_username)) then
    raise exception 'there is a user % already', p_username using errcode = 'OA002', hint = 'choose another username';
  end if;
  perform pgrant_rules.claims_check(p_claims);
  perform pgrant_rules.values_check('users', jsonb_build_object('username', p_username, 'claims', p_claims));
  insert into pgrant.users (tenant_id, username, claims, password_salt, password_params, password_hash)
  values (p_tenant, p_username, p_claims, p_password_salt, p_password_params, p_password_hash)
  returning user_id into v_user_id;
  perform pgrant_rules.user_remember(p_tenant, v_user_id, 'user.add');
  perform pgrant_rules.audit(p_tenant, 'user.add', null, null, null, v_user_id);
  return v_user_id;
end
$$;

comment on function pgrant_ops.user_add(uuid, text, jsonb, bytea, jsonb, bytea) is
  'Adds a person; p_claims as in OpenID Connect Core 5.1; the password as derived outside (Argon2id, then SHA-256), or none. Returns the user_id, which is the sub. Raises OA001, OA002, OA003.';

create function pgrant_rules.user_id(p_tenant uuid, p_username text) returns uuid
language plpgsql
as $$
declare
  v_user_id uuid;
begin
  select u.user_id into v_user_id
    from pgrant.users u where u.tenant_id = p_tenant and u.username_key = lower(p_username);
  if not found then
    raise exception 'there is no user %', p_username using errcode = 'OA001',
      hint = 'list the users: select * from pgrant_ops.user_list(p_tenant)';
  end if;
  return v_user_id;
end
$$;

comment on function pgrant_rules.user_id(uuid, text) is 'The id of the person with this username. Raises OA001.';

create function pgrant_ops.user_list(p_tenant uuid, p_after text default '', p_limit integer default 100)
returns table (user_id uuid, username text, claims jsonb, created_at timestamptz, disabled_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return query
  select u.user_id, u.username, u.claims, u.created_at, u.disabled_at
    from pgrant.users u
   where u.tenant_id = p_tenant and u.username_key > lower(p_after)
   order by u.username_key
   limit p_limit;
end
$$;

comment on function pgrant_ops.user_list(uuid, text, integer) is
  'The people of a tenant by username, p_limit of them after p_after: the last username of the page before. Raises OA001.';

create function pgrant_ops.user_disable(p_tenant uuid, p_username text, p_disabled boolean) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_user_id uuid;
  v_action text := case when p_disabled then 'user.disable' else 'user.enable' end;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.admins_wait(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  update pgrant.users u
     set disabled_at = case when p_disabled then coalesce(u.disabled_at, v_at) end
   where u.tenant_id = p_tenant and u.user_id = v_user_id;
  perform pgrant_rules.user_remember(p_tenant, v_user_id, v_action);
  if p_disabled then
    -- The tokens go: enabling the person again does not bring old ones back to life.
    perform pgrant_rules.user_sessions_end(p_tenant, v_user_id, true, 'user disabled');
  end if;
  perform pgrant_rules.audit(p_tenant, v_action, null, null, null, v_user_id);
end
$$;

comment on function pgrant_ops.user_disable(uuid, text, boolean) is
  'Disables a person, ending sessions and revoking tokens in the same transaction, or enables them again. Raises OA001.';

create function pgrant_ops.user_password(p_tenant uuid, p_username text, p_password_salt bytea, p_password_params jsonb,
                                         p_password_hash bytea)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  update pgrant.users u
     set password_salt = p_password_salt, password_params = p_password_params, password_hash = p_password_hash
   where u.tenant_id = p_tenant and u.user_id = v_user_id;
  perform pgrant_rules.user_sessions_end(p_tenant, v_user_id, t.password_change_revokes, 'password changed')
     from pgrant.tenants t where t.tenant_id = p_tenant;
  perform pgrant_rules.audit(p_tenant, 'user.password', null, null, null, v_user_id);
end
$$;

comment on function pgrant_ops.user_password(uuid, text, bytea, jsonb, bytea) is
  'Sets the password of a person, as derived outside, and ends their sessions and, with password_change_revokes, all their tokens. Raises OA001.';

create function pgrant_ops.user_sign_out(p_tenant uuid, p_username text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  perform pgrant_rules.user_sessions_end(p_tenant, v_user_id, false, 'signed out by an operator');
  perform pgrant_rules.audit(p_tenant, 'session.end', null, null, null, v_user_id);
end
$$;

comment on function pgrant_ops.user_sign_out(uuid, text) is
  'Ends the sessions of a person as a logout does: with the tokens that hang on them, and telling the clients. Raises OA001.';

create function pgrant_ops.names_known(p_tenant uuid, p_username text default null, p_client_id text default null) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_report.names_known(p_tenant, p_username, p_client_id);
end
$$;

comment on function pgrant_ops.names_known(uuid, text, text) is
  'Asked before a list of a person or client is shown to somebody who may have mistyped; null = nobody is named. Raises OA001 where there has been no such person or client.';

create function pgrant_ops.grant_list(p_tenant uuid, p_username text default null, p_client_id text default null,
                                      p_after uuid default '00000000-0000-0000-0000-000000000000', p_limit integer default 100)
returns table (grant_id uuid, username text, client_id text, scopes text[], created_at timestamptz, consented_at timestamptz,
               consent_expires_at timestamptz, last_used_at timestamptz, refresh_tokens bigint, replays bigint)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_few constant integer := 1000;
  v_of uuid[];
  v_page uuid[];
begin
  perform pgrant_rules.administer(p_tenant);
  -- Plans are kept: one statement for all would go through the grants of the tenant for a person who has two.
  if p_username is not null then
    v_of := array(
      select g.grant_id from pgrant.grants g
       where g.tenant_id = p_tenant
         and g.user_id = (select u.user_id from pgrant.users u where u.tenant_id = p_tenant and u.username_key = lower(p_username)));
  elsif p_client_id is not null then
    v_of := array(select g.grant_id from pgrant.grants g where g.tenant_id = p_tenant and g.client_id = p_client_id limit v_few + 1);
    -- Who has many finds a page of them on the way.
    v_of := case when cardinality(v_of) <= v_few then v_of end;
  end if;
  if v_of is not null then
    v_page := array(
      select g.grant_id from unnest(v_of) k (grant_id)
        join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = k.grant_id
       where g.revoked_at is null and g.expires_at > now() and g.grant_id > p_after and (p_client_id is null or g.client_id = p_client_id)
       order by g.grant_id limit p_limit);
  else
    v_page := array(
      select g.grant_id from pgrant.grants g
       where g.tenant_id = p_tenant
         and g.revoked_at is null and g.expires_at > now() and g.grant_id > p_after and (p_client_id is null or g.client_id = p_client_id)
       order by g.grant_id limit p_limit);
  end if;
  return query
  select g.grant_id, u.username, g.client_id, g.scopes, g.created_at, g.consented_at,
         nullif(g.consent_expires_at, 'infinity'), greatest(g.last_used_at, f.last_used_at), f.live, f.replays
    from unnest(v_page) k (grant_id)
    join pgrant.grants g on g.tenant_id = p_tenant and g.grant_id = k.grant_id
    join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id
   cross join lateral (
     select max(t.last_used_at) as last_used_at, coalesce(sum(t.replays_total), 0)::bigint as replays,
            count(*) filter (where t.handle_hash is not null and t.revoked_at is null and t.idle_expires_at > now()) as live
       from pgrant.token_families t
      where t.tenant_id = p_tenant and t.grant_id = g.grant_id) f
   order by g.grant_id;
end
$$;

comment on function pgrant_ops.grant_list(uuid, text, text, uuid, integer) is
  'The live grants of a tenant, of one person or client where given, p_limit of them after grant_id p_after; with live refresh tokens and replays. Raises OA001.';

create function pgrant_ops.grant_revoke(p_tenant uuid, p_grant_id uuid) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_grant pgrant.grants;
begin
  perform pgrant_rules.administer(p_tenant);
  v_grant := pgrant_rules.grant_end(p_tenant, p_grant_id, 'revoked by an operator');
  if v_grant.grant_id is null then
    raise exception 'there is no live grant %', p_grant_id using errcode = 'OA001',
      hint = 'list the grants: select * from pgrant_ops.grant_list(p_tenant)';
  end if;
  perform pgrant_rules.audit(p_tenant, 'grant.revoke', null, v_grant.revoked_reason, v_grant.client_id, v_grant.user_id, p_grant_id);
end
$$;

comment on function pgrant_ops.grant_revoke(uuid, uuid) is 'Revokes a grant with every token that hangs on it. Raises OA001.';

create function pgrant_ops.user_subject(p_tenant uuid, p_username text, p_subject text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  if exists (select from pgrant.users u
              where u.tenant_id = p_tenant and u.external_subject = p_subject and u.user_id <> v_user_id) then
    raise exception 'the subject % belongs to another person', p_subject using errcode = 'OA002',
      hint = 'take it from that person first: null takes it';
  end if;
  perform pgrant_rules.values_check('users', jsonb_build_object('external_subject', p_subject));
  update pgrant.users u set external_subject = p_subject where u.tenant_id = p_tenant and u.user_id = v_user_id;
  perform pgrant_rules.audit(p_tenant, 'user.subject', null, null, null, v_user_id,
                             p_detail => jsonb_build_object('subject', p_subject));
end
$$;

comment on function pgrant_ops.user_subject(uuid, text, text) is
  'Says what the product calls a person who is there already, or with null that it does not know them. Raises OA001, OA002, OA003.';
