-- Private rules of tokens that are issued, whatever the grant type.

create function pgrant_rules.family_revoke(p_tenant uuid, p_family_id uuid, p_reason text) returns boolean
language plpgsql
as $$
begin
  update pgrant.token_families f
     set revoked_at = now(),
         revoked_reason = p_reason,
         sealed_successor = null
   where f.tenant_id = p_tenant
     and f.family_id = p_family_id
     and f.revoked_at is null;
  return found;
end
$$;

comment on function pgrant_rules.family_revoke(uuid, uuid, text) is
  'Revokes a family for good: its refresh token, and every access token that hangs on it. False where it was revoked before.';

create function pgrant_rules.id_claims(p_tenant uuid, p_user_id uuid, p_names text[]) returns jsonb
language plpgsql
as $$
declare
  v_claims jsonb;
begin
  if p_names = '{}' then
    return jsonb_build_object();
  end if;
  select coalesce(jsonb_object_agg(c.key, c.value), '{}')
    into v_claims
    from pgrant.users u, jsonb_each(pgrant_rules.user_claims(u)) c
   where u.tenant_id = p_tenant
     and u.user_id = p_user_id
     and c.key = any (p_names);
  return v_claims;
end
$$;

comment on function pgrant_rules.id_claims(uuid, uuid, text[]) is
  'The claims of a person that were asked for by name for the ID token (OpenID Connect Core 5.5).';

create function pgrant_rules.token_claims(p_client pgrant_rules.client_policies, p_roles text[]) returns jsonb
language sql stable
as $$
  select jsonb_build_object(p_client.roles_claim, p_roles, p_client.permissions_claim, p_roles,
                            p_client.tenant_claim, p_client.tenant_name)
$$;

comment on function pgrant_rules.token_claims(pgrant_rules.client_policies, text[]) is
  'What an access token says besides the registered claims: the roles that it may use, twice, because a role is a permission and clients look for either name; and the tenant.';

create function pgrant_rules.access_token_store(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_access_hash bytea,
  p_family pgrant.token_families, p_roles text[], inout p_out pgrant_api.tokens
)
language plpgsql
as $$
declare
  v_issued_at timestamptz := pgrant_rules.whole_second(now());
  v_expires_at timestamptz := least(pgrant_rules.after(p_client.access_token_lifetime), p_family.expires_at);
begin
  p_out.client_id := p_client.client_id;
  p_out.subject := coalesce(p_family.user_id::text, p_client.client_id);
  p_out.audience := p_client.audience;
  p_out.access_claims := pgrant_rules.token_claims(p_client, p_roles);
  p_out.access_token_format := p_client.access_token_format;
  p_out.access_token_alg := p_client.access_token_alg;
  p_out.issued_at := pgrant_rules.epoch(v_issued_at);
  p_out.access_expires_at := pgrant_rules.epoch(v_expires_at);
  p_out.family_id := p_family.family_id;
  p_out.auth_time := pgrant_rules.epoch(p_family.auth_time);
  p_out.acr := p_family.acr;
  p_out.amr := p_family.amr;
  if p_client.access_token_format = 'opaque' then
    insert into pgrant.access_tokens (tenant_id, token_hash, expires_at, client_id, user_id, family_id,
                                      family_expires_at, scopes, audience, issued_at)
    values (p_tenant, p_access_hash, v_expires_at, p_client.client_id, p_family.user_id, p_family.family_id,
            p_family.expires_at, p_out.scopes, p_out.audience, v_issued_at);
  end if;
  if p_client.use_due then
    perform pgrant_rules.client_use_note(p_client);
  end if;
end
$$;

comment on function pgrant_rules.access_token_store(uuid, pgrant_rules.client_policies, bytea, pgrant.token_families, text[], pgrant_api.tokens) is
  'Fills in the access token for p_out.scopes and stores it where it is opaque. It never outlives its family. Lets a client that registered itself live on.';

create function pgrant_rules.id_token_fill(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_family pgrant.token_families, inout p_out pgrant_api.tokens
)
language plpgsql
as $$
begin
  p_out.id_token_alg := p_client.id_token_alg;
  p_out.id_expires_at := pgrant_rules.epoch(pgrant_rules.after(p_client.id_token_lifetime));
  p_out.id_claims := pgrant_rules.id_claims(p_tenant, p_family.user_id, p_family.claims_id_token);
  p_out.session_id := p_family.session_id;
end
$$;

comment on function pgrant_rules.id_token_fill(uuid, pgrant_rules.client_policies, pgrant.token_families, pgrant_api.tokens) is
  'Fills in what an ID token says beside the access token (OpenID Connect Core 2). Due where openid is among the scopes.';
