-- What is asked of the value of a setting beside its type and the check of its column.

create function pgrant_rules.networks_sound(p_networks text[]) returns boolean
language plpgsql immutable
as $$
begin
  -- PostgreSQL takes 0 and 10.1 as well, for 0.0.0.0/8 and 10.1.0.0/16, which nobody means.
  return not exists (select from unnest(p_networks) n (network)
                      where n.network !~ '^(\d+(\.\d+){3}|[[:xdigit:]:.]*:[[:xdigit:]:.]*)(/\d+)?$')
     and p_networks::cidr[] is not null;
exception
  when invalid_text_representation then
    return false;
end
$$;

comment on function pgrant_rules.networks_sound(text[]) is 'Whether each is the whole address of a network, without bits beyond its mask.';

create function pgrant_rules.statement_issuers_sound(p_issuers jsonb) returns boolean
language sql immutable
as $$
  select jsonb_typeof(p_issuers) = 'object'
     and not exists (select from jsonb_each(case jsonb_typeof(p_issuers) when 'object' then p_issuers end) i (issuer, jwks)
                      where not pgrant.text_sound(i.issuer) or i.issuer = '' or not pgrant.jwks_sound(i.jwks) or i.jwks -> 'keys' = '[]')
$$;

comment on function pgrant_rules.statement_issuers_sound(jsonb) is
  'Whether it is {issuer: JWK set} with public keys of each, by which software statements (RFC 7591 2.3) can be verified.';

create function pgrant_rules.key_verifies(p_jwk jsonb) returns boolean
language sql immutable
as $$
  select coalesce(case p_jwk ->> 'kty'
           when 'EC' then p_jwk ->> 'crv' = 'P-256' and p_jwk ->> 'x' ~ '^[\w-]+$' and p_jwk ->> 'y' ~ '^[\w-]+$'
           when 'OKP' then p_jwk ->> 'crv' = 'Ed25519' and p_jwk ->> 'x' ~ '^[\w-]+$'
           when 'RSA' then p_jwk ->> 'n' ~ '^[\w-]+$' and length(p_jwk ->> 'n') >= 342 and p_jwk ->> 'e' ~ '^[\w-]+$' end
         and coalesce(p_jwk ->> 'use' = 'sig', true) and coalesce(p_jwk -> 'key_ops' ? 'verify', true)
         and coalesce(p_jwk ->> 'alg' = any (pgrant.client_algs()), true), false)
$$;

comment on function pgrant_rules.key_verifies(jsonb) is
  'Whether a JWK has what it takes to verify what a client signs; the web process reads it anew, and knows whether it is a point of its curve.';

create function pgrant_rules.setting_sound(p_table text, p_name text, p_value jsonb) returns boolean
language sql immutable
as $$
  select case when p_name in ('jwks', 'login_jwks') then not jsonb_path_exists(p_value, '$.keys[*] ? (!(@.kty.type() == "string"))')
              when p_table <> 'tenants' then true
              when p_name in ('roles_claim', 'permissions_claim', 'tenant_claim') then pgrant.name_sound(p_value #>> '{}')
              when p_name = 'software_statement_issuers' then pgrant_rules.statement_issuers_sound(p_value)
              else true end
$$;

comment on function pgrant_rules.setting_sound(text, text, jsonb) is
  'What is asked of a setting that is written, beside the check of its column, which rows from before may have passed.';
