-- Keys that requests prove to have: DPoP proofs (RFC 9449) and client certificates (RFC 8705).

create function pgrant_rules.proofs_use(p_tenant uuid, p_proof jsonb[]) returns bigint[]
language plpgsql
as $$
declare
  -- No proof is good for longer, and no two are good at once whose ends are farther apart.
  v_longest constant integer := 300;
  v_window constant bigint := 3600;
  v_hash bytea;
  v_end bigint;
  v_hashes bytea[] := array[]::bytea[];
  v_expiries timestamptz[] := array[]::timestamptz[];
  v_places bigint[] := array[]::bigint[];
  v_stored bytea[] := array[]::bytea[];
  v_first bigint[] := array[]::bigint[];
  v_fresh bigint[] := array[]::bigint[];
begin
  for i in 1 .. cardinality(p_proof) loop
    v_hash := decode(p_proof[i] ->> 'jti_hash', 'hex');
    -- Of two that came with the same set the first one counts.
    if v_hash is not null and not v_hash = any (v_hashes) then
      v_end := (p_proof[i] ->> 'exp')::bigint;
      v_first := v_first || i::bigint;
      -- A row for the window in which it ends, and one more for the next where another that is good at once could end there: of
      -- any two of a key with the same jti, whatever their iat, the earlier has the window of the later, where they meet.
      for v_number in v_end / v_window .. (v_end + v_longest) / v_window loop
        v_hashes := v_hashes || v_hash;
        v_expiries := v_expiries || pgrant_rules.moment((v_number + 1) * v_window);
        v_places := v_places || i::bigint;
      end loop;
    end if;
  end loop;
  -- In the order of the key, as everything is locked.
  for v_hash in
    insert into pgrant.dpop_proofs (tenant_id, proof_hash, expires_at)
    select p_tenant, q.proof_hash, q.expires_at
      from unnest(v_hashes, v_expiries) q (proof_hash, expires_at)
     order by q.proof_hash, q.expires_at
        on conflict do nothing
    returning proof_hash
  loop
    v_stored := v_stored || v_hash;
  end loop;
  if cardinality(v_stored) = cardinality(v_hashes) then
    return v_first;
  end if;
  -- Each of its rows is new.
  for i in 1 .. cardinality(v_hashes) loop
    if v_places[i] is distinct from v_places[i - 1]
       and cardinality(array_positions(v_stored, v_hashes[i])) = cardinality(array_positions(v_hashes, v_hashes[i])) then
      v_fresh := v_fresh || v_places[i];
    end if;
  end loop;
  return v_fresh;
end
$$;

comment on function pgrant_rules.proofs_use(uuid, jsonb[]) is
  'Which of the proofs are used for the first time, by their places; they are not, from then on. A jti is unique for its key and the tenant within the time for which proofs are good (RFC 9449 11.1), though it is signed anew, and by two at once: a unique key decides.';

create function pgrant_rules.proof_fault(p_proof jsonb, p_algs text[], p_nonce_required boolean) returns pgrant_rules.possession
language plpgsql immutable
as $$
declare
  v_out pgrant_rules.possession;
begin
  if p_proof ->> 'fault' is not null then
    v_out.error := 'invalid_dpop_proof';
    v_out.reason := p_proof ->> 'fault';
  elsif coalesce(p_proof ->> 'alg' <> all (p_algs), true) then
    v_out.error := 'invalid_dpop_proof';
    v_out.reason := 'alg is none of ' || array_to_string(p_algs, ', ');
  elsif p_proof ->> 'nonce' = 'unknown' then
    v_out.error := 'use_dpop_nonce';
    v_out.reason := 'the nonce is not of this server, or no longer good';
  elsif p_proof ->> 'nonce' is null and p_nonce_required then
    v_out.error := 'use_dpop_nonce';
    v_out.reason := 'there is no nonce';
  end if;
  v_out.detail := v_out.reason;
  v_out.reason := 'DPoP proof: ' || v_out.reason;
  return v_out;
end
$$;

comment on function pgrant_rules.proof_fault(jsonb, text[], boolean) is
  'What is wrong with a proof by itself, as the web process has read it: {jkt, alg, jti_hash (hex), exp (epoch seconds, after which it would be refused anyway), nonce (good or unknown, left out where it has none)}, or {fault}; and whether it is signed by one of p_algs.';

create function pgrant_rules.proofs_replayed(
  p_tenant uuid, p_possession jsonb[], p_found pgrant_rules.possession[]
) returns pgrant_rules.possession[]
language plpgsql
as $$
declare
  v_proof jsonb[];
  v_fresh bigint[];
begin
  for i in 1 .. cardinality(p_found) loop
    v_proof[i] := case when (p_found[i]).error is null then p_possession[i] -> 'proof' end;
  end loop;
  if array_remove(v_proof, null) = '{}' then
    return p_found;
  end if;
  v_fresh := pgrant_rules.proofs_use(p_tenant, v_proof);
  for i in 1 .. cardinality(p_found) loop
    if v_proof[i] is not null and not i = any (v_fresh) then
      p_found[i] := row('invalid_dpop_proof', 'DPoP proof: used before', 'used before', null)::pgrant_rules.possession;
    end if;
  end loop;
  return p_found;
end
$$;

comment on function pgrant_rules.proofs_replayed(uuid, jsonb[], pgrant_rules.possession[]) is
  'Uses up the proofs of the requests in which nothing else is wrong, and refuses those that were used before.';

create function pgrant_rules.client_possession(p_client pgrant_rules.client_policies, p_possession jsonb)
returns pgrant_rules.possession
language plpgsql immutable
as $$
declare
  v_proof constant jsonb := p_possession -> 'proof';
  v_x5t constant jsonb := p_possession #> '{certificate,x5t#S256}';
  v_out pgrant_rules.possession;
begin
  if v_proof is not null then
    v_out := pgrant_rules.proof_fault(v_proof, p_client.client_signing_algs, p_client.require_dpop_nonce);
  elsif p_client.dpop_bound_access_tokens then
    v_out := row('invalid_dpop_proof', 'no DPoP proof, which the client has to send', 'there is none', null)::pgrant_rules.possession;
  end if;
  if v_out.error is null and v_x5t is null and p_client.tls_client_certificate_bound_access_tokens then
    v_out := row('invalid_request', 'no client certificate, which the client''s tokens are bound to',
                 'there is no client certificate', null)::pgrant_rules.possession;
  end if;
  if v_out.error is null then
    v_out.cnf := nullif(jsonb_strip_nulls(jsonb_build_object(
      'jkt', v_proof -> 'jkt',
      'x5t#S256', case when p_client.tls_client_certificate_bound_access_tokens then v_x5t end)), '{}');
  end if;
  return v_out;
end
$$;

comment on function pgrant_rules.client_possession(pgrant_rules.client_policies, jsonb) is
  'What tokens of the client are bound to by the keys that its request proves, or why they are not: one that they have to be bound to is missing, or a proof is not good. Uses up nothing.';

create or replace function pgrant_rules.keys_proven(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_error pgrant_api.error[], p_possession jsonb[]
) returns pgrant_rules.possession[]
language plpgsql
as $$
declare
  v_found pgrant_rules.possession[];
  v_concerned boolean := coalesce(array_remove(p_possession, null), '{}') <> '{}';
begin
  for i in 1 .. cardinality(p_client) loop
    exit when v_concerned;
    v_concerned := coalesce((p_client[i]).dpop_bound_access_tokens or (p_client[i]).tls_client_certificate_bound_access_tokens, false);
  end loop;
  if not v_concerned then
    return null;
  end if;
  for i in 1 .. cardinality(p_client) loop
    v_found[i] := case when p_error[i] is null then pgrant_rules.client_possession(p_client[i], p_possession[i])
                       else row(p_error[i], null, null, null)::pgrant_rules.possession end;
  end loop;
  return pgrant_rules.proofs_replayed(p_tenant, p_possession, v_found);
end
$$;

comment on function pgrant_rules.keys_proven(uuid, pgrant_rules.client_policies[], pgrant_api.error[], jsonb[]) is
  'What the keys are good for that clients prove to have which get tokens, and the refusal where one is missing. p_possession is {proof, certificate: {x5t#S256}}, each where there is one; the proof of a request with an error is not used up. Null = nobody has proven one, or has to.';

create or replace function pgrant_rules.key_announced(
  p_tenant uuid, p_client pgrant_rules.client_policies[], p_possession jsonb, p_jkt text
) returns pgrant_rules.possession
language plpgsql
as $$
declare
  v_proof constant jsonb := p_possession -> 'proof';
  v_out pgrant_rules.possession;
begin
  if v_proof is null then
    return null;
  end if;
  v_out := pgrant_rules.proof_fault(v_proof, p_client[1].client_signing_algs, p_client[1].require_dpop_nonce);
  if v_out.error is null and p_jkt <> v_proof ->> 'jkt' then
    v_out.error := 'invalid_dpop_proof';
    v_out.reason := 'DPoP proof: its key is not that of dpop_jkt';
    v_out.detail := 'its key is not that of dpop_jkt';
  end if;
  return (pgrant_rules.proofs_replayed(p_tenant, array[p_possession], array[v_out]))[1];
end
$$;

comment on function pgrant_rules.key_announced(uuid, pgrant_rules.client_policies[], jsonb, text) is
  'Whether the proof of a pushed request is good, and of the key that dpop_jkt names where both are there (RFC 9449 10.1).';
