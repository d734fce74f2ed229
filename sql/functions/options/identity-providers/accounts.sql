-- What operators and the worker call: accounts of upstreams, and asking the upstreams about them again.

create function pgrant_ops.upstream_link(p_tenant uuid, p_name text, p_subject text, p_username text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
  v_refusal text;
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.upstream_known(p_tenant, p_name);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  -- As whoever signs in with it, or links another one, does.
  perform pgrant_rules.upstream_account_hold(p_tenant, p_name, p_subject);
  perform pgrant_rules.user_hold(p_tenant, v_user_id);
  v_refusal := pgrant_rules.upstream_link_refusal(p_tenant, p_name, p_subject, v_user_id);
  if v_refusal is not null then
    raise exception '%', v_refusal using errcode = 'OA002',
      hint = 'take the other link away first: pgrant_ops.upstream_unlink';
  end if;
  -- Discord tells a bot about a member who has never been here.
  insert into pgrant.upstream_accounts (tenant_id, upstream, subject, user_id, check_after)
  select p_tenant, p_name, p_subject, v_user_id, case u.kind when 'discord' then now() else 'infinity' end
    from pgrant.upstreams u
   where u.tenant_id = p_tenant and u.name = p_name
      on conflict do nothing;
  perform pgrant_rules.audit(p_tenant, 'upstream.link', null, 'by an operator', null, v_user_id,
                             p_detail => jsonb_build_object('upstream', p_name, 'subject', p_subject));
end
$$;

comment on function pgrant_ops.upstream_link(uuid, text, text, text) is
  'Says that an account of an upstream, by its lasting identifier there, is this user. Raises OA001, OA002.';

create function pgrant_ops.upstream_unlink(p_tenant uuid, p_name text, p_subject text) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  delete from pgrant.upstream_accounts a
   where a.tenant_id = p_tenant and a.upstream = p_name and a.subject = p_subject
  returning a.user_id into v_user_id;
  if not found then
    raise exception 'the upstream % has no account %', p_name, p_subject using errcode = 'OA001',
      hint = 'list them: select * from pgrant_ops.upstream_account_list(p_tenant, p_name)';
  end if;
  perform pgrant_rules.upstream_leave(p_tenant, p_name, v_user_id, 'upstream.unlink');
  perform pgrant_rules.audit(p_tenant, 'upstream.unlink', null, 'by an operator', null, v_user_id,
                             p_detail => jsonb_build_object('upstream', p_name, 'subject', p_subject));
end
$$;

comment on function pgrant_ops.upstream_unlink(uuid, text, text) is
  'Takes an account of an upstream away from its user, with the groups that it gave. Raises OA001.';

create function pgrant_ops.upstream_account_list(p_tenant uuid, p_name text, p_after text default '', p_limit integer default 100)
returns table (subject text, username text, made_user boolean, claims jsonb, groups text[], created_at timestamptz,
               checked_at timestamptz, check_after timestamptz, lost_at timestamptz, last_error text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.upstream_known(p_tenant, p_name);
  return query
  select a.subject, u.username, a.made_user, a.claims,
         array(select m.group_name from pgrant.group_members m
                where m.tenant_id = p_tenant and m.user_id = a.user_id and m.source = p_name order by m.group_name),
         a.created_at, a.checked_at, nullif(a.check_after, 'infinity'), a.lost_at, a.last_error
    from pgrant.upstream_accounts a
    join pgrant.users u on u.tenant_id = p_tenant and u.user_id = a.user_id
   where a.tenant_id = p_tenant and a.upstream = p_name and a.subject > p_after
   order by a.subject
   limit p_limit;
end
$$;

comment on function pgrant_ops.upstream_account_list(uuid, text, text, integer) is
  'The accounts of an upstream: whose, with which groups, when it last answered, why it last did not; p_limit of them after p_after. Raises OA001.';

create function pgrant_ops.upstream_due(p_limit integer default 100)
returns table (tenant_id uuid, upstream text, subject text)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  return query
  select a.tenant_id, a.upstream, a.subject
    from pgrant.upstream_accounts a
    join pgrant.upstreams u on u.tenant_id = a.tenant_id and u.name = a.upstream and u.disabled_at is null
    join pgrant.issuers i on i.tenant_id = a.tenant_id and i.disabled_at is null
   where a.check_after at time zone 'UTC' <= now() at time zone 'UTC' and a.check_after < 'infinity'
   order by a.check_after at time zone 'UTC'
   limit p_limit;
end
$$;

comment on function pgrant_ops.upstream_due(integer) is
  'Accounts, of all tenants, about which the upstream is to be asked again. The worker asks this. Nothing is null.';

create function pgrant_ops.upstream_check_begin(p_tenant uuid, p_name text, p_subject text)
returns table (kind text, title text, issuer text, authorization_endpoint text, token_endpoint text, userinfo_endpoint text,
               client_id text, token_endpoint_auth_method text, sealed_secrets bytea, scopes text[], settings jsonb,
               sealed_tokens bytea)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_tokens bytea;
begin
  perform pgrant_rules.administer(p_tenant);
  -- Taken for five minutes, so that two workers do not spend the same refresh token.
  update pgrant.upstream_accounts a
     set check_after = now() + interval '5 minutes'
   where a.tenant_id = p_tenant and a.upstream = p_name and a.subject = p_subject and a.check_after <= now()
  returning a.sealed_tokens into v_tokens;
  if found then
    return query
    select u.kind, u.title, u.issuer, u.authorization_endpoint, u.token_endpoint, u.userinfo_endpoint, u.client_id,
           u.token_endpoint_auth_method, u.sealed_secrets, u.scopes, u.settings, v_tokens
      from pgrant.upstreams u
     where u.tenant_id = p_tenant and u.name = p_name and u.disabled_at is null;
  end if;
end
$$;

comment on function pgrant_ops.upstream_check_begin(uuid, text, text) is
  'Takes an account that is due for a recheck: what its upstream is asked with. No row where another worker took it. May be null: issuer, authorization_endpoint, token_endpoint, userinfo_endpoint, sealed_secrets, sealed_tokens. Raises OA001.';

create function pgrant_ops.upstream_check_end(
  p_tenant uuid, p_name text, p_subject text, p_present boolean, p_profile jsonb, p_claims jsonb, p_roles text[],
  p_sealed_tokens bytea, p_checkable boolean, p_reason text
) returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_upstream pgrant.upstreams;
  v_before pgrant.upstream_accounts;
begin
  perform pgrant_rules.administer(p_tenant);
  v_upstream := pgrant_rules.upstream_hold(p_tenant, p_name);
  select a.* into v_before
    from pgrant.upstream_accounts a
   where a.tenant_id = p_tenant and a.upstream = p_name and a.subject = p_subject
     for update;
  if not found or v_upstream.name is null then
    return;
  end if;
  perform pgrant_rules.upstream_record(
    p_tenant, v_upstream, p_subject, p_present, coalesce(p_profile, v_before.profile),
    coalesce(p_claims, v_before.claims), p_roles, p_sealed_tokens, p_checkable);
  if p_present is distinct from (v_before.lost_at is null) then
    perform pgrant_rules.audit(p_tenant, case when p_present then 'upstream.regain' else 'upstream.lose' end, null, p_reason,
                               null, v_before.user_id, p_detail => jsonb_build_object('upstream', p_name, 'subject', p_subject));
  end if;
end
$$;

comment on function pgrant_ops.upstream_check_end(uuid, text, text, boolean, jsonb, jsonb, text[], bytea, boolean, text) is
  'Takes over the outcome of a recheck. p_present false = the upstream no longer vouches for the person, who loses every group from it. Raises OA001.';

create function pgrant_ops.upstream_check_fail(p_tenant uuid, p_name text, p_subject text, p_reason text, p_retry_after integer)
returns void
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  update pgrant.upstream_accounts a
     set last_error = left(p_reason, 500), check_after = now() + make_interval(secs => p_retry_after)
   where a.tenant_id = p_tenant and a.upstream = p_name and a.subject = p_subject;
end
$$;

comment on function pgrant_ops.upstream_check_fail(uuid, text, text, text, integer) is
  'A recheck got no answer: what was known before stays, and the upstream is asked again after p_retry_after seconds. Raises OA001.';
