-- Token exchange (RFC 8693): who may exchange whose token for which, and who acts by it.

do $$
begin
  execute format('create or replace function pgrant.grant_types() returns text[]
language sql immutable parallel safe
as $f$ select array[%s] $f$',
    (select string_agg(quote_literal(g.name), ', ')
       from unnest(pgrant.grant_types() || 'urn:ietf:params:oauth:grant-type:token-exchange'::text) g (name)));
end
$$;

create table pgrant.exchange_policies (
  tenant_id      uuid not null,
  client_id      text not null,
  resource       text not null check (resource = '' or coalesce(resource = pgrant.resource_canonical(resource), false)),
  scopes         text[],
  impersonation  boolean not null default false,
  created_at     timestamptz not null default now(),
  primary key (tenant_id, client_id, resource),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade
);

comment on table pgrant.exchange_policies is 'Which clients may exchange the tokens of people, for a token for which resource (RFC 8693). What has no row is refused.';
comment on column pgrant.exchange_policies.client_id is 'The client that exchanges, and gets the token.';
comment on column pgrant.exchange_policies.resource is 'What the token may be for (RFC 8707); empty = the tenant''s own audience.';
comment on column pgrant.exchange_policies.scopes is 'Which scopes of the subject''s token it may have, at most; null = all.';
comment on column pgrant.exchange_policies.impersonation is
  'Whether the token says nothing of the client that acts (impersonation, RFC 8693 1.1); false = it does, in act (delegation).';

select pgrant.isolate('pgrant.exchange_policies');
select pgrant.audited('pgrant.exchange_policies', array['tenant_id', 'client_id', 'resource', 'scopes', 'impersonation', 'created_at']);

alter table pgrant.access_tokens add column act jsonb, add column family_client_id text;
alter table pgrant.access_tokens add constraint access_tokens_act_check check (jsonb_typeof(act) = 'object');
comment on column pgrant.access_tokens.act is
  'Who acts for the person, and who acted before (RFC 8693 4.1); null = the client itself, which the token names.';
comment on column pgrant.access_tokens.family_client_id is
  'Of one that was exchanged: the client of the family that it hangs on; null = its own.';
select pgrant.audited('pgrant.access_tokens', array['act', 'family_client_id']);
