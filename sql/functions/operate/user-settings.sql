-- What operators call: one person, and what is known of them.

create type pgrant_rules.user_shown as (
  user_id      uuid,
  username     text,
  subject      text,
  claims       jsonb,
  password     boolean,
  created_at   timestamptz,
  updated_at   timestamptz,
  disabled_at  timestamptz
);

comment on type pgrant_rules.user_shown is 'A person as operators and admins see them.';
comment on column pgrant_rules.user_shown.user_id is 'The sub of the person.';
comment on column pgrant_rules.user_shown.subject is 'null = the product does not call them by anything else; else what it calls them.';
comment on column pgrant_rules.user_shown.claims is 'What is known of the person (OpenID Connect Core 5.1).';
comment on column pgrant_rules.user_shown.password is 'Whether there is a password.';
comment on column pgrant_rules.user_shown.updated_at is 'When name or claims were changed last.';
comment on column pgrant_rules.user_shown.disabled_at is 'null = the person may sign in.';

create function pgrant_ops.user_show(p_tenant uuid, p_username text) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_user_id uuid;
begin
  perform pgrant_rules.administer(p_tenant);
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  return (select to_jsonb(row(u.user_id, u.username, u.external_subject, u.claims, u.password_hash is not null, u.created_at,
                              u.updated_at, u.disabled_at)::pgrant_rules.user_shown)
            from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_user_id);
end
$$;

comment on function pgrant_ops.user_show(uuid, text) is
  'A person: user_id (the sub), username, subject (what the product calls them), claims, and whether there is a password. Raises OA001.';

create function pgrant_rules.user_settings() returns text[]
language sql immutable
as $$
  select array['username', 'subject', 'claims'] || array(
    select c.claim from pgrant_rules.standard_claims() c where c.scope is not null and c.claim not in ('sub', 'updated_at'))
$$;

comment on function pgrant_rules.user_settings() is
  'What an operator may set of a person; all but the first three are claims (OpenID Connect Core 5.1).';

create function pgrant_rules.claims_changed(p_claims jsonb, p_changes jsonb) returns jsonb
language plpgsql immutable
as $$
declare
  v_claim text;
  v_claims jsonb := p_claims;
begin
  -- Another address is not the one that was verified.
  foreach v_claim in array array['email', 'phone_number'] loop
    if p_changes ? v_claim and p_changes -> v_claim is distinct from p_claims -> v_claim then
      v_claims := v_claims - (v_claim || '_verified');
    end if;
  end loop;
  -- No claim is an empty string (OpenID Connect Core 5.3.2).
  return (select coalesce(jsonb_object_agg(c.key, c.value), '{}')
            from jsonb_each(v_claims || p_changes) c where c.value not in ('null', '""'));
end
$$;

comment on function pgrant_rules.claims_changed(jsonb, jsonb) is
  'Claims with changes to some of them: null or an empty text takes one away, and a new e-mail address or telephone number is not verified unless the change says so.';

create function pgrant_ops.user_set(p_tenant uuid, p_username text, p_settings jsonb) returns jsonb
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_at constant timestamptz := now();
  v_user pgrant.users;
  v_user_id uuid;
  v_unknown text;
  v_claims jsonb;
begin
  perform pgrant_rules.administer(p_tenant);
  if jsonb_typeof(p_settings) is distinct from 'object' then
    raise exception 'settings are a JSON object {setting: value}' using errcode = 'OA003';
  elsif jsonb_typeof(p_settings -> 'claims') not in ('object', 'null') then
    perform pgrant_rules.setting_refuse('claims', 'a JSON object', p_settings -> 'claims');
  end if;
  select string_agg(k, ', ') into v_unknown
    from jsonb_object_keys(p_settings) k where not k = any (pgrant_rules.user_settings());
  if v_unknown is not null then
    raise exception 'there is no user setting %', v_unknown using errcode = 'OA003',
      hint = 'settings: ' || array_to_string(pgrant_rules.user_settings(), ', ')
                                      || '; claims of other names go into claims, as a whole';
  end if;
  v_user_id := pgrant_rules.user_id(p_tenant, p_username);
  select u.* into v_user from pgrant.users u where u.tenant_id = p_tenant and u.user_id = v_user_id for update;
  v_claims := pgrant_rules.claims_changed(coalesce(nullif(p_settings -> 'claims', 'null'), v_user.claims),
                                          p_settings - array['username', 'subject', 'claims']);
  perform pgrant_rules.claims_check(v_claims);
  if p_settings ? 'username' then
    v_user.username := p_settings ->> 'username';
  end if;
  if exists (select from pgrant.users u
              where u.tenant_id = p_tenant and u.username_key = lower(v_user.username) and u.user_id <> v_user_id) then
    raise exception 'there is a user % already', v_user.username using errcode = 'OA002', hint = 'choose another username';
  end if;
  perform pgrant_rules.values_check('users', jsonb_build_object('username', v_user.username, 'claims', v_claims));
  update pgrant.users u
     set username = v_user.username, claims = v_claims,
         updated_at = case when u.claims = v_claims and u.username = v_user.username then u.updated_at else v_at end
   where u.tenant_id = p_tenant and u.user_id = v_user_id;
  perform pgrant_rules.user_remember(p_tenant, v_user_id, 'user.set');
  if p_settings ? 'subject' then
    perform pgrant_ops.user_subject(p_tenant, v_user.username, p_settings ->> 'subject');
  end if;
  -- Which, and not to what: the audit outlives the person.
  perform pgrant_rules.audit(p_tenant, 'user.set', null, null, null, v_user_id, p_detail => jsonb_build_object(
    'changed', (select jsonb_agg(k order by k) from jsonb_object_keys(p_settings) k)));
  return pgrant_ops.user_show(p_tenant, v_user.username);
end
$$;

comment on function pgrant_ops.user_set(uuid, text, jsonb) is
  'Changes a person, given as {setting: value}: username, subject (what the product calls them), claims as a whole, or standard claims (OpenID Connect Core 5.1) one by one, of which null or an empty text takes one away. A new e-mail address or telephone number is not verified unless the same call says so. Sessions and tokens live on. Returns the person. Raises OA001, OA002, OA003.';
