-- What the product calls where its own backend answers login challenges in SQL; for members of pgrant_product.

create function pgrant_rules.verifier_check(p_tenant uuid, p_verifier_hash bytea) returns void
language plpgsql
as $$
begin
  if p_verifier_hash is null or length(p_verifier_hash) <> 32 then
    raise exception 'p_verifier_hash is not a SHA-256' using errcode = 'OA003',
      hint = 'make login_verifier of 32 random bytes, hash its text, and keep it for the redirect';
  elsif exists (select from pgrant.login_challenges c
                 where c.tenant_id = p_tenant and c.verifier_hash = p_verifier_hash and c.expires_at > now()) then
    raise exception 'this login_verifier is in use' using errcode = 'OA003',
      hint = 'make a new one for each answer';
  end if;
end
$$;

comment on function pgrant_rules.verifier_check(uuid, bytea) is 'Raises OA003 unless the hash of a new login_verifier is given.';

create function pgrant_ops.login_show(p_tenant uuid, p_challenge_hash bytea) returns pgrant_api.login_request
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return pgrant_rules.challenge_show(p_tenant, p_challenge_hash);
end
$$;

comment on function pgrant_ops.login_show(uuid, bytea) is
  'Who asks for the sign-in that a login challenge stands for; p_challenge_hash is SHA-256 of the text of login_challenge. Errors are returned: expired_request. Raises OA001.';

create function pgrant_ops.login_accept(
  p_tenant uuid, p_challenge_hash bytea, p_verifier_hash bytea, p_subject text, p_auth_time timestamptz,
  p_username text default null, p_claims jsonb default null, p_roles text[] default null, p_acr text default null,
  p_amr text[] default null
) returns pgrant_api.login_answer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.verifier_check(p_tenant, p_verifier_hash);
  return pgrant_rules.challenge_accept(p_tenant, p_challenge_hash, p_verifier_hash, p_subject, p_username, p_claims, p_roles,
                                       p_acr, p_amr, p_auth_time);
end
$$;

comment on function pgrant_ops.login_accept(uuid, bytea, bytea, text, timestamptz, text, jsonb, text[], text, text[]) is
  'Says who has signed in at the product. The person is found by p_subject, and made where nobody has it. p_claims replace the claims, p_roles the roles of the last login; null leaves them. Then send the browser to redirect_to with the parameter login_verifier, whose SHA-256 is p_verifier_hash. Errors are returned: expired_request, invalid_request, access_denied, login_required. Raises OA001, OA003.';

create function pgrant_ops.login_reject(p_tenant uuid, p_challenge_hash bytea, p_verifier_hash bytea, p_reason text default null)
returns pgrant_api.login_answer
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  perform pgrant_rules.verifier_check(p_tenant, p_verifier_hash);
  return pgrant_rules.challenge_reject(p_tenant, p_challenge_hash, p_verifier_hash, p_reason);
end
$$;

comment on function pgrant_ops.login_reject(uuid, bytea, bytea, text) is
  'Says that nobody signs in: sent to redirect_to with login_verifier, the browser brings access_denied to the client. p_reason is for the audit. Errors are returned: expired_request. Raises OA001, OA003.';
