-- Identity assertions of other issuers (ID-JAG): taken as a JWT bearer grant (RFC 7523 2.1), for the client that presents one.

create function pgrant_rules.identity_assertion_use(p_tenant uuid, p_issuer text, p_jti_hash bytea, p_expires_at timestamptz)
returns boolean
language plpgsql
as $$
begin
  -- One after the other under each jti: the key of a table in partitions by expiry holds the expiry too.
  perform pg_advisory_xact_lock(hashtextextended(concat_ws(' ', p_tenant, 'id-jag', p_issuer, encode(p_jti_hash, 'hex')), 0));
  if exists (select from pgrant.identity_assertions a
              where a.tenant_id = p_tenant and a.issuer = p_issuer and a.jti_hash = p_jti_hash
                and a.expires_at > now() and a.expires_at <= now() + interval '1 day') then
    return false;
  end if;
  insert into pgrant.identity_assertions (tenant_id, issuer, jti_hash, expires_at) values (p_tenant, p_issuer, p_jti_hash, p_expires_at);
  return true;
end
$$;

comment on function pgrant_rules.identity_assertion_use(uuid, text, bytea, timestamptz) is
  'Whether an issuer''s jti is used for the first time; it is not, from then on, until every assertion that is good by now has expired (p_expires_at).';

create function pgrant_rules.identity_assertion_fault(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_claims jsonb, p_possession jsonb
) returns text
language plpgsql
as $$
declare
  -- What clocks may differ by; the web process allows the same.
  v_leeway constant interval := interval '30 seconds';
  v_until timestamptz := pgrant_rules.moment((p_claims ->> 'exp')::bigint) + v_leeway;
  v_issuer pgrant.identity_assertion_issuers;
  v_own text;
  v_name text;
begin
  select t.issuer, t.name into v_own, v_name from pgrant.tenants t where t.tenant_id = p_tenant;
  select i.* into v_issuer
    from pgrant.identity_assertion_issuers i where i.tenant_id = p_tenant and i.issuer = p_claims ->> 'issuer';
  return 'assertion: ' || case
    when p_claims ->> 'thumbprint' is null then coalesce(p_claims ->> 'fault', 'no key of its issuer has made its signature')
    when v_issuer.issuer is null or not exists (
           select from jsonb_array_elements(v_issuer.jwks -> 'keys') k (jwk)
            where pgrant_rules.jwk_verifies(k.jwk, p_claims ->> 'thumbprint', coalesce(p_claims ->> 'alg', '')))
    then 'no key of its issuer has made its signature'
    -- An issuer gives no access token for what it has signed itself.
    when v_issuer.issuer = v_own then 'it is of this server'
    when p_claims ->> 'fault' is not null then p_claims ->> 'fault'
    when p_claims ->> 'audience' is distinct from v_own then 'aud is not the issuer alone'
    -- Either is what this server calls the tenant (3.1).
    when p_claims ->> 'audience_tenant' not in (v_name, p_tenant::text) then 'aud_tenant is another than that of aud'
    when p_claims ->> 'client_id' is distinct from p_client.client_id then 'client_id is another than the client that presents it'
    when coalesce(v_until <= now(), true) then 'expired'
    when v_until > now() + interval '1 hour' + 2 * v_leeway then 'good for more than an hour'
    when p_claims ->> 'jkt' is not null and p_claims ->> 'jkt' is distinct from p_possession #>> '{proof,jkt}'
    then 'it is bound to a key, of which there is no proof'
  end;
end
$$;

comment on function pgrant_rules.identity_assertion_fault(uuid, pgrant_rules.client_policies, jsonb, jsonb) is
  'What is wrong with an identity assertion by itself, for whoever presents it, or null. p_claims is what the web process has read: {alg, issuer, subject, audience, audience_tenant, client_id, exp (epoch seconds), jti_hash (hex), scope, resources, auth_time, jkt, thumbprint}, with fault where something that it says is malformed, and without thumbprint where no key of the issuer has made the signature.';

create function pgrant_rules.identity_assertion_person(p_tenant uuid, p_issuer text, p_subject text) returns uuid
language plpgsql stable
as $$
begin
  return (
    select u.user_id
      from pgrant.identity_assertion_issuers i
      left join pgrant.upstreams p
        on p.tenant_id = p_tenant and p.name = i.upstream and p.issuer = i.issuer and p.disabled_at is null
      left join pgrant.upstream_accounts a
        on a.tenant_id = p_tenant and a.upstream = p.name and a.subject = p_subject and a.lost_at is null
      join pgrant.users u
        on u.tenant_id = p_tenant and u.disabled_at is null
       and case when i.upstream is null then u.external_subject = p_subject else u.user_id = a.user_id end
     where i.tenant_id = p_tenant and i.issuer = p_issuer);
end
$$;

comment on function pgrant_rules.identity_assertion_person(uuid, text, text) is
  'Who is meant by the sub of an issuer: whoever has linked that account of its identity provider, or whom the product calls so; null = nobody who may sign in. E-mail addresses say nothing.';

create function pgrant_rules.identity_assertion_grant(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_user_id uuid, p_scopes text[], p_resources text[], p_issuer text,
  p_expires_at timestamptz
) returns uuid
language plpgsql
as $$
declare
  v_now constant timestamptz := now();
  v_old pgrant.grants;
  v_new pgrant.grants;
begin
  loop
    select g.* into v_old
      from pgrant.grants g
     where g.tenant_id = p_tenant and g.user_id = p_user_id and g.client_id = p_client.client_id and g.revoked_at is null
       for no key update;
    if v_old.expires_at <= v_now then
      perform pgrant_rules.grant_remember(p_tenant, v_old.grant_id, 'grant.expire');
    elsif p_scopes <@ v_old.scopes and p_resources <@ v_old.resources then
      update pgrant.grants g
         set last_used_at = v_now, expires_at = greatest(g.expires_at, p_expires_at)
       where g.tenant_id = p_tenant and g.grant_id = v_old.grant_id;
      return v_old.grant_id;
    end if;
    if v_old.grant_id is not null then
      -- Computed here, for Citus wants no sub-select where it sets a column.
      v_new := v_old;
      v_new.scopes := pgrant_rules.grant_union(case when v_old.expires_at > v_now then v_old.scopes end, p_scopes);
      v_new.resources := pgrant_rules.grant_union(case when v_old.expires_at > v_now then v_old.resources end, p_resources);
      update pgrant.grants g
         -- The person has not consented to this: the authorization endpoint asks.
         set scopes = v_new.scopes, resources = v_new.resources, consent_expires_at = v_now, last_used_at = v_now,
             expires_at = greatest(g.expires_at, p_expires_at), assertion_issuer = p_issuer
       where g.tenant_id = p_tenant and g.grant_id = v_old.grant_id;
      exit;
    end if;
    insert into pgrant.grants as g (tenant_id, user_id, client_id, scopes, resources, consent_expires_at, last_used_at, expires_at,
                                    assertion_issuer)
    values (p_tenant, p_user_id, p_client.client_id, p_scopes, p_resources, v_now, v_now, p_expires_at, p_issuer)
        on conflict (tenant_id, user_id, client_id) where revoked_at is null do nothing
    returning g.* into v_new;
    -- Else somebody was first, and it is there now.
    exit when found;
  end loop;
  perform pgrant_rules.grant_remember(p_tenant, v_new.grant_id, 'identity_assertion.redeem');
  perform pgrant_rules.audit(p_tenant, case when v_new.created_at = v_now then 'grant.add' else 'grant.extend' end, null, null,
                             p_client.client_id, p_user_id, v_new.grant_id,
                             p_detail => jsonb_build_object('scopes', v_new.scopes, 'resources', v_new.resources, 'issuer', p_issuer));
  return v_new.grant_id;
end
$$;

comment on function pgrant_rules.identity_assertion_grant(uuid, pgrant_rules.client_policies, uuid, text[], text[], text, timestamptz) is
  'The live grant of person and client with what an assertion gives: made or widened where it does not say that already. Consent is not remembered by it.';

create function pgrant_rules.identity_assertion_decision(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_claims jsonb, p_possession jsonb, p_scope text, p_resource text,
  p_access_hash bytea, p_authorization_details jsonb
) returns pgrant_rules.token_decision
language plpgsql
as $$
declare
  v_out pgrant_rules.token_decision;
  v_allowed text[];
  v_requested text[];
  v_resources text[] := array(select jsonb_array_elements_text(p_claims -> 'resources'));
  v_asked text[] := coalesce(string_to_array(nullif(p_resource, ''), ' '), v_resources);
  v_target pgrant_rules.target;
  v_narrowed pgrant_rules.effective_scopes;
begin
  v_out.reason := pgrant_rules.identity_assertion_fault(p_tenant, p_client, p_claims, p_possession);
  if v_out.reason is not null then
    v_out.error := 'invalid_grant';
    v_out.detail := v_out.reason;
    return v_out;
  end if;
  v_allowed := (select c.scopes from pgrant.identity_assertion_clients c
                 where c.tenant_id = p_tenant and c.issuer = p_claims ->> 'issuer' and c.client_id = p_client.client_id);
  v_out.user_id := pgrant_rules.identity_assertion_person(p_tenant, p_claims ->> 'issuer', p_claims ->> 'subject');
  v_target := pgrant_rules.resource_target(p_tenant, p_client.scopes, v_asked, null);
  v_requested := coalesce(string_to_array(p_scope, ' '), string_to_array(p_claims ->> 'scope', ' '), v_allowed);
  v_narrowed := pgrant_rules.scope_narrow(
    p_tenant, v_out.user_id, coalesce(v_target.scopes, p_client.scopes),
    -- There is no ID token in it, and nothing that outlives it.
    array(select r.scope from unnest(v_requested) with ordinality r (scope, n)
           where r.scope = any (v_allowed) and r.scope not in ('openid', 'offline_access') order by r.n), null);
  if v_allowed is null then
    v_out.error := 'invalid_grant';
    v_out.reason := 'the client may not present assertions of this issuer';
  elsif v_out.user_id is null then
    v_out.error := 'invalid_grant';
    v_out.reason := 'sub of the assertion is linked with nobody here who may sign in';
  elsif p_authorization_details is not null then
    v_out.error := 'invalid_authorization_details';
    v_out.reason := 'none are given for an identity assertion';
    v_out.detail := v_out.reason;
  elsif v_resources <> '{}' and not v_asked <@ v_resources then
    v_out.error := 'invalid_target';
    v_out.reason := 'resource beyond those of the assertion';
    v_out.detail := v_out.reason || ': ' || (pgrant_rules.scopes_without(v_asked, v_resources))[1];
  elsif v_target.error is not null then
    v_out.error := v_target.error;
    v_out.reason := v_target.reason;
    v_out.detail := v_target.detail;
  elsif p_claims ? 'scope' and not v_requested <@ string_to_array(p_claims ->> 'scope', ' ') then
    v_out.error := 'invalid_scope';
    v_out.reason := 'scope beyond that of the assertion';
    v_out.detail := p_scope;
  elsif v_narrowed.scopes = '{}' then
    v_out.error := 'invalid_scope';
    v_out.reason := 'no scope is left';
    v_out.detail := array_to_string(v_requested, ' ');
  elsif not pgrant_rules.identity_assertion_use(
          p_tenant, p_claims ->> 'issuer', decode(p_claims ->> 'jti_hash', 'hex'), now() + interval '1 hour 1 minute') then
    v_out.error := 'invalid_grant';
    v_out.reason := 'assertion: used before';
    v_out.detail := v_out.reason;
  end if;
  v_out.scopes := v_narrowed.scopes;
  v_out.roles := v_narrowed.roles;
  v_out := pgrant_rules.access_token_decide(p_client, v_target, null, v_out);
  v_out.access_hash := p_access_hash;
  v_out.refresh_token := false;
  v_out.auth_time := coalesce(pgrant_rules.moment((p_claims ->> 'auth_time')::bigint), pgrant_rules.whole_second(now()));
  if v_out.error is null then
    v_out.grant_id := pgrant_rules.identity_assertion_grant(
      p_tenant, p_client, v_out.user_id, v_out.scopes, v_target.resources, p_claims ->> 'issuer', v_out.access_expires_at);
    v_out.family_id := gen_random_uuid();
    v_out.family_expires_at := v_out.access_expires_at;
    -- Read back by the audit: whose word it was.
    v_out.reason := p_claims ->> 'issuer';
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.identity_assertion_decision(uuid, pgrant_rules.client_policies, jsonb, jsonb, text, text, bytea, jsonb) is
  'Decides what an identity assertion gives, and where it gives something, uses it up and makes the grant. Errors: invalid_grant, invalid_authorization_details, invalid_target, invalid_scope.';
