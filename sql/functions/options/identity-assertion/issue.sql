-- Identity assertions for other authorization servers (ID-JAG): what a client gets by token exchange, as the person's own IdP lets it.

create type pgrant_api.identity_assertion as (
  error       pgrant_api.error,
  reason      text,
  detail      text,
  client_id   text,
  subject     text,
  audience    text,
  scopes      text[],
  resources   text[],
  issued_at   bigint,
  expires_at  bigint,
  auth_time   bigint,
  acr         text,
  amr         text[],
  jkt         text,
  alg         text
);

comment on type pgrant_api.identity_assertion is 'What an identity assertion is to say. Times are epoch seconds.';
comment on column pgrant_api.identity_assertion.detail is 'What the client may be told besides the code of the error; null = nothing.';
comment on column pgrant_api.identity_assertion.client_id is 'What the other server calls the client.';
comment on column pgrant_api.identity_assertion.subject is 'What the other server calls the person.';
comment on column pgrant_api.identity_assertion.audience is 'The issuer identifier of the other server.';
comment on column pgrant_api.identity_assertion.resources is 'What the access token is to be for (RFC 8707); {} = nothing is said of that.';
comment on column pgrant_api.identity_assertion.auth_time is 'When the person signed in; null = nobody said.';
comment on column pgrant_api.identity_assertion.acr is 'How the person signed in; null = nobody said.';
comment on column pgrant_api.identity_assertion.amr is 'By which methods; {} = nobody said.';
comment on column pgrant_api.identity_assertion.jkt is 'The key without which it is good for nothing (RFC 9449 6.1); null = none.';
comment on column pgrant_api.identity_assertion.alg is 'How it is signed.';

create type pgrant_rules.asserted_person as (
  reason     text,
  user_id    uuid,
  grant_id   uuid,
  family_id  uuid,
  auth_time  timestamptz,
  acr        text,
  amr        text[]
);

comment on type pgrant_rules.asserted_person is 'Whom a subject token is about, and how they signed in; reason null = it is good.';
comment on column pgrant_rules.asserted_person.family_id is 'Of a refresh token that was reused: what is to be revoked; else null.';

create function pgrant_rules.id_token_person(p_tenant uuid, p_client pgrant_rules.client_policies, p_id_token jsonb)
returns pgrant_rules.asserted_person
language plpgsql
as $$
declare
  v_out pgrant_rules.asserted_person;
  v_issued_at timestamptz := pgrant_rules.moment((p_id_token ->> 'iat')::bigint);
  v_user_id text := pgrant_rules.subject_user(p_tenant, p_client, p_id_token ->> 'sub');
begin
  if p_id_token is null then
    v_out.reason := 'subject_token is no ID token of this issuer';
  elsif p_id_token ->> 'aud' is distinct from p_client.client_id then
    v_out.reason := 'subject_token was given to another client';
  elsif coalesce(pgrant_rules.moment((p_id_token ->> 'exp')::bigint) <= now(), true) then
    v_out.reason := 'subject_token expired';
  elsif coalesce(v_issued_at < pgrant_rules.whole_second(p_client.created_at), true) then
    v_out.reason := 'subject_token of a client that was removed';
  else
    select g.user_id, g.grant_id into v_out.user_id, v_out.grant_id
      from pgrant.grants g
      join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.disabled_at is null
     where g.tenant_id = p_tenant and g.client_id = p_client.client_id and g.user_id::text = v_user_id
       and g.revoked_at is null and g.expires_at > now() and pgrant_rules.whole_second(g.created_at) <= v_issued_at;
    if not found or not (
         exists (select from pgrant.sessions s
                  where s.tenant_id = p_tenant and s.user_id = v_out.user_id and s.ended_at is null and s.expires_at > now()
                    and pgrant_rules.client_subject(p_client, s.session_id) = p_id_token ->> 'sid')
         -- With offline_access what began in a session lives on without it.
         or exists (select from pgrant.token_families f
                     where f.tenant_id = p_tenant and f.grant_id = v_out.grant_id and f.revoked_at is null and f.expires_at > now()
                       and pgrant_rules.client_subject(p_client, f.session_id) is not distinct from p_id_token ->> 'sid')) then
      v_out.reason := 'the grant was revoked, the user is disabled, or has signed out';
    end if;
  end if;
  v_out.auth_time := pgrant_rules.moment((p_id_token ->> 'auth_time')::bigint);
  v_out.acr := p_id_token ->> 'acr';
  v_out.amr := array(select jsonb_array_elements_text(p_id_token -> 'amr'));
  return v_out;
end
$$;

comment on function pgrant_rules.id_token_person(uuid, pgrant_rules.client_policies, jsonb) is
  'Whom an ID token is about: one of this issuer, given to this client and not expired, while the grant and the session, or what outlives that, are live. p_id_token are its claims, whose signature the web process has verified, iat, exp and auth_time as whole seconds; null = it is none.';

create function pgrant_rules.refresh_token_person(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_handle_hash bytea, p_refresh_hash bytea
) returns pgrant_rules.asserted_person
language plpgsql
as $$
declare
  v_out pgrant_rules.asserted_person;
  v_family pgrant.token_families;
  v_use text;
begin
  select f.* into v_family
    from pgrant.token_families f
   where f.tenant_id = p_tenant and f.handle_hash = p_handle_hash
     for update;
  v_use := pgrant_rules.refresh_use(v_family, p_client.client_id, p_refresh_hash, null);
  if v_use = 'reuse' then
    v_out.reason := 'refresh token reused';
    v_out.family_id := v_family.family_id;
  elsif v_use not in ('rotate', 'replay') then
    v_out.reason := v_use;
  else
    select g.user_id, g.grant_id into v_out.user_id, v_out.grant_id
      from pgrant.grants g
      join pgrant.users u on u.tenant_id = p_tenant and u.user_id = g.user_id and u.disabled_at is null
     where g.tenant_id = p_tenant and g.grant_id = v_family.grant_id and g.revoked_at is null
       -- Who somebody is, only a sign-in says.
       and 'openid' = any (g.scopes) and 'openid' = any (v_family.scopes);
    if not found then
      v_out.reason := 'grant revoked, user disabled, or no openid';
    end if;
    v_out.auth_time := v_family.auth_time;
    v_out.acr := v_family.acr;
    v_out.amr := v_family.amr;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.refresh_token_person(uuid, pgrant_rules.client_policies, bytea, bytea) is
  'Whom a refresh token is about that would be good at the token endpoint; it is not rotated.';

create function pgrant_rules.identity_assertion_decide(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_person pgrant_rules.asserted_person,
  p_audience text, p_resource text, p_scope text, p_authorization_details jsonb
) returns pgrant_api.identity_assertion
language plpgsql
as $$
declare
  v_out pgrant_api.identity_assertion;
  v_policy pgrant.identity_assertion_policies;
  v_named pgrant_rules.client_policies;
  v_requested text[] := string_to_array(p_scope, ' ');
begin
  select p.* into v_policy
    from pgrant.identity_assertion_policies p
   where p.tenant_id = p_tenant and p.client_id = p_client.client_id and p.audience = p_audience;
  v_named := pgrant_rules.client_find(p_tenant, coalesce(v_policy.subject_client_id, p_client.client_id));
  v_out.resources := coalesce(string_to_array(p_resource, ' '), '{}');
  v_out.scopes := array(select r.scope from unnest(coalesce(v_requested, v_policy.scopes)) with ordinality r (scope, n)
                         where r.scope = any (v_policy.scopes) order by r.n);
  if p_client.token_endpoint_auth_method = 'none' then
    v_out.error := 'unauthorized_client';
    v_out.reason := 'a public client cannot exchange tokens';
  elsif p_person.reason is not null then
    -- RFC 8693 2.2.2.
    v_out.error := 'invalid_request';
    v_out.reason := p_person.reason;
  elsif v_policy.client_id is null or v_named.client_id is null then
    v_out.error := 'invalid_target';
    v_out.reason := 'no policy lets the client have an identity assertion for this audience';
    v_out.detail := v_out.reason;
  elsif not v_out.resources <@ v_policy.resources then
    v_out.error := 'invalid_target';
    v_out.reason := 'the policy does not let the client name this resource';
    v_out.detail := v_out.reason || ': ' || (pgrant_rules.scopes_without(v_out.resources, v_policy.resources))[1];
  elsif p_authorization_details is not null then
    v_out.error := 'invalid_authorization_details';
    v_out.reason := 'an identity assertion has none here';
    v_out.detail := v_out.reason;
  elsif v_out.scopes = '{}' then
    v_out.error := 'invalid_scope';
    v_out.reason := 'no scope is left';
    v_out.detail := p_scope;
  end if;
  if v_out.error is null then
    perform pgrant_rules.subject_remember(p_tenant, v_named, p_person.user_id);
    v_out.client_id := v_policy.audience_client_id;
    v_out.subject := pgrant_rules.client_subject(v_named, p_person.user_id);
    v_out.audience := v_policy.audience;
    v_out.issued_at := pgrant_rules.epoch(pgrant_rules.whole_second(now()));
    v_out.expires_at := v_out.issued_at + (select t.identity_assertion_lifetime from pgrant.tenants t where t.tenant_id = p_tenant);
    v_out.auth_time := pgrant_rules.epoch(p_person.auth_time);
    v_out.acr := p_person.acr;
    v_out.amr := coalesce(p_person.amr, '{}');
    v_out.alg := p_client.id_token_alg;
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.identity_assertion_decide(uuid, pgrant_rules.client_policies, pgrant_rules.asserted_person, text, text, text, jsonb) is
  'What an identity assertion for another server says, as a policy allows it. Errors: unauthorized_client, invalid_request, invalid_target, invalid_authorization_details, invalid_scope.';
