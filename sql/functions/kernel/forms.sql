-- Forms that count once: what shows a new secret is the answer to the form itself, and browsers send that again.

create function pgrant_rules.form_key(p_user_id uuid, p_what text, p_form_hash bytea) returns bytea
language sql immutable
as $$ select sha256(convert_to(concat('form ', p_user_id, ' ', p_what, ' '), 'UTF8') || p_form_hash) $$;

comment on function pgrant_rules.form_key(uuid, text, bytea) is 'The key in idempotency_keys of a form for p_what, by its hash: of the person alone.';

create function pgrant_rules.form_sent(p_tenant uuid, p_user_id uuid, p_what text, p_form_hash bytea) returns jsonb
language plpgsql
as $$
declare
  v_key_hash bytea := pgrant_rules.form_key(p_user_id, p_what, p_form_hash);
begin
  -- Whoever sends a form again while it is still being done waits for that.
  perform pg_advisory_xact_lock(hashtextextended(concat(p_tenant, ' form ', encode(v_key_hash, 'hex')), 0));
  return (select k.value
            from pgrant.idempotency_keys k
           where k.tenant_id = p_tenant and k.key_hash = v_key_hash and k.expires_at > now());
end
$$;

comment on function pgrant_rules.form_sent(uuid, uuid, text, bytea) is
  'What a form of a person came to when it was sent before, within a day; null = it is sent for the first time, and nobody else does it until the transaction ends.';

create function pgrant_rules.form_keep(p_tenant uuid, p_user_id uuid, p_what text, p_form_hash bytea, p_value jsonb) returns void
language plpgsql
as $$
begin
  insert into pgrant.idempotency_keys (tenant_id, key_hash, expires_at, content_hash, value)
  values (p_tenant, pgrant_rules.form_key(p_user_id, p_what, p_form_hash), date_trunc('hour', now()) + interval '25 hours',
          p_form_hash, p_value);
end
$$;

comment on function pgrant_rules.form_keep(uuid, uuid, text, bytea, jsonb) is
  'Has a form that form_sent let through be done: p_value is what the repetition is told, without secrets.';
