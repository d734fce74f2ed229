-- Where options take part in what the metadata say; see hooks.sql.

create function pgrant_rules.acr_offered(p_tenant uuid) returns text[]
language plpgsql stable
as $$ begin return '{}'; end $$;

comment on function pgrant_rules.acr_offered(uuid) is 'Hook of options/second-factor: nothing beside acr_values_supported.';
