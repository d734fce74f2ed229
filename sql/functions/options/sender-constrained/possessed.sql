-- Tokens that are presented: whether whoever has one has its keys, too (RFC 9449 7, RFC 8705 3).

create function pgrant_rules.token_possession(p_cnf jsonb, p_possession jsonb, p_algs text[], p_nonce_required boolean)
returns pgrant_rules.possession
language plpgsql immutable
as $$
declare
  v_proof constant jsonb := p_possession -> 'proof';
  v_out pgrant_rules.possession;
begin
  if v_proof is null and p_cnf ? 'jkt' then
    return row('invalid_token', 'a DPoP-bound token that was sent as a Bearer token', null, null)::pgrant_rules.possession;
  elsif v_proof is not null then
    if not coalesce(p_cnf ? 'jkt', false) then
      return row('invalid_token', 'a token that was sent as DPoP, and is bound to no key', null, null)::pgrant_rules.possession;
    end if;
    v_out := pgrant_rules.proof_fault(v_proof, p_algs, p_nonce_required);
    if v_out.error is not null then
      return v_out;
    end if;
  end if;
  return case when p_cnf ->> 'jkt' <> v_proof ->> 'jkt'
              then row('invalid_token', 'token of another key', null, null)::pgrant_rules.possession
              when p_cnf ->> 'x5t#S256' <> coalesce(p_possession #>> '{certificate,x5t#S256}', '')
              then row('invalid_token', 'token of another client certificate', null, null)::pgrant_rules.possession
              else row(null, null, null, p_cnf)::pgrant_rules.possession end;
end
$$;

comment on function pgrant_rules.token_possession(jsonb, jsonb, text[], boolean) is
  'Whether whoever presents a token with this cnf has its keys; p_algs and p_nonce_required as of proof_fault. Uses up nothing.';

create or replace function pgrant_rules.tokens_possessed(p_tenant uuid, p_cnf jsonb[], p_profile text[], p_possession jsonb[])
returns pgrant_rules.possession[]
language plpgsql
as $$
declare
  v_found pgrant_rules.possession[];
  v_tenant record;
begin
  if coalesce(array_remove(p_possession, null), '{}') = '{}' and array_remove(p_cnf, null) = '{}' then
    return null;
  end if;
  select t.require_dpop_nonce, t.client_signing_algs into v_tenant
    from pgrant.tenants t where t.tenant_id = p_tenant;
  for i in 1 .. cardinality(p_cnf) loop
    v_found[i] := pgrant_rules.token_possession(
      p_cnf[i], p_possession[i], pgrant_rules.algs_taken(v_tenant.client_signing_algs, p_profile[i]), v_tenant.require_dpop_nonce);
  end loop;
  return pgrant_rules.proofs_replayed(p_tenant, p_possession, v_found);
end
$$;

comment on function pgrant_rules.tokens_possessed(uuid, jsonb[], text[], jsonb[]) is
  'Whether whoever presents tokens with these cnf has their keys (RFC 9449 7, RFC 8705 3): a bound token with its key alone, a bearer token without a proof alone. p_profile are those of their clients (null = none), which narrow how proofs may be signed; p_possession as of keys_proven. Null = nothing is bound, and nothing was proven.';
