-- Service accounts by key: the JWT bearer grant (RFC 7523 2.1) for a client's own registered key.

do $$
begin
  execute format('create or replace function pgrant.grant_types() returns text[]
language sql immutable parallel safe
as $f$ select array[%s] $f$',
    (select string_agg(quote_literal(g.name), ', ')
       from unnest(pgrant.grant_types() || 'urn:ietf:params:oauth:grant-type:jwt-bearer'::text) g (name)));
end
$$;

alter table pgrant.tenants add column bearer_assertion_lifetime integer not null default 300;

alter table pgrant.tenants
  add constraint tenants_bearer_assertion_lifetime_check check (bearer_assertion_lifetime between 0 and 600);

comment on column pgrant.tenants.bearer_assertion_lifetime is
  'An assertion that is a grant (RFC 7523 2.1) and has no jti is good for so long at most, for whoever sees it can present it again; 0 = it has to have a jti.';
comment on constraint tenants_bearer_assertion_lifetime_check on pgrant.tenants is 'a whole number of seconds from 0 to 600';

select pgrant.audited('pgrant.tenants', array['bearer_assertion_lifetime']);
