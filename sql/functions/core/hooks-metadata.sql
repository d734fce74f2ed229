-- Where options take part in what the metadata and every page say; see hooks.sql.

create function pgrant_rules.acr_offered(p_tenant uuid) returns text[]
language plpgsql stable
as $$ begin return '{}'; end $$;

comment on function pgrant_rules.acr_offered(uuid) is 'Hook of options/second-factor: nothing beside acr_values_supported.';

create function pgrant_rules.tenant_logo(p_tenant uuid) returns text
language plpgsql stable
as $$ begin return null; end $$;

comment on function pgrant_rules.tenant_logo(uuid) is 'Hook of options/logos: the logo on every page.';
