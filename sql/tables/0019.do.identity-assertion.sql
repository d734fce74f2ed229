-- Identity assertion authorization grant (ID-JAG, draft-ietf-oauth-identity-assertion-authz-grant): who may have one for another
-- authorization server, and whose are taken here.

alter table pgrant.tenants add column identity_assertion_lifetime integer not null default 300;
alter table pgrant.tenants
  add constraint tenants_identity_assertion_lifetime_check check (identity_assertion_lifetime between 30 and 3600);
comment on column pgrant.tenants.identity_assertion_lifetime is
  'For so long an identity assertion (ID-JAG) is good that a client gets for another authorization server.';
comment on constraint tenants_identity_assertion_lifetime_check on pgrant.tenants is 'a whole number of seconds from 30 to 3600';
select pgrant.audited('pgrant.tenants', array['identity_assertion_lifetime']);

create table pgrant.identity_assertion_policies (
  tenant_id           uuid not null,
  client_id           text not null,
  audience            text not null check (audience ~ '^https?://[\x21-\x7E]+$' and length(audience) <= 2048),
  audience_client_id  text not null check (audience_client_id ~ '^[\x20-\x7E]+$' and length(audience_client_id) <= 2048),
  scopes              text[] not null check (cardinality(scopes) between 1 and 100 and array_position(scopes, null) is null),
  resources           text[] not null default '{}' check (cardinality(resources) <= 100 and array_position(resources, null) is null),
  subject_client_id   text,
  created_at          timestamptz not null default now(),
  primary key (tenant_id, client_id, audience),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  foreign key (tenant_id, subject_client_id) references pgrant.clients on delete cascade
);

comment on table pgrant.identity_assertion_policies is
  'Which clients may have identity assertions (ID-JAG) of people, for which other authorization server. What has no row is refused.';
comment on column pgrant.identity_assertion_policies.client_id is 'The client that gets the assertion.';
comment on column pgrant.identity_assertion_policies.audience is 'The issuer identifier of the authorization server that takes it (aud).';
comment on column pgrant.identity_assertion_policies.audience_client_id is 'What that server calls the client (client_id of the assertion).';
comment on column pgrant.identity_assertion_policies.scopes is 'Which scopes of that server it may name, at most.';
comment on column pgrant.identity_assertion_policies.resources is 'Which resources behind that server it may name (RFC 8707); {} = none.';
comment on column pgrant.identity_assertion_policies.subject_client_id is
  'The client by which that server signs people in here: what it calls them is the sub; null = what the client itself calls them.';

select pgrant.isolate('pgrant.identity_assertion_policies');
select pgrant.audited('pgrant.identity_assertion_policies', array['tenant_id', 'client_id', 'audience', 'audience_client_id', 'scopes',
                                                                  'resources', 'subject_client_id', 'created_at']);

create table pgrant.identity_assertion_issuers (
  tenant_id    uuid not null references pgrant.tenants on delete cascade,
  issuer       text not null check (issuer ~ '^https?://[\x21-\x7E]+$' and length(issuer) <= 2048),
  jwks_uri     text check (jwks_uri ~ '^https?://[\x21-\x7E]+$' and length(jwks_uri) <= 2048),
  jwks         jsonb check (jwks is null or pgrant.jwks_sound(jwks)),
  upstream     text,
  claimed_at   timestamptz,
  settled_at   timestamptz,
  fetched_at   timestamptz,
  fresh_until  timestamptz,
  last_error   text,
  created_at   timestamptz not null default now(),
  primary key (tenant_id, issuer),
  foreign key (tenant_id, upstream) references pgrant.upstreams on delete cascade,
  check (jwks_uri is not null or jwks is not null)
);

comment on table pgrant.identity_assertion_issuers is
  'Whose identity assertions (ID-JAG) are taken, and how the person that one names is found; never by e-mail address.';
comment on column pgrant.identity_assertion_issuers.issuer is 'iss of the assertions.';
comment on column pgrant.identity_assertion_issuers.jwks_uri is 'Where its keys are; null = they are registered.';
comment on column pgrant.identity_assertion_issuers.jwks is
  'Its usable public keys (RFC 7517 5), registered or of the last good answer; null = there has been none.';
comment on column pgrant.identity_assertion_issuers.upstream is
  'The identity provider with whose account of that sub the person is linked; null = sub is what the product calls the person (external_subject).';
comment on column pgrant.identity_assertion_issuers.claimed_at is
  'When a web process last set out to fetch; the next may do so 30 seconds later; null = none has.';
comment on column pgrant.identity_assertion_issuers.settled_at is 'When that process was back, with or without an answer; null = it is under way, or none was.';
comment on column pgrant.identity_assertion_issuers.fetched_at is 'When the last good answer came; null = none has.';
comment on column pgrant.identity_assertion_issuers.fresh_until is
  'Until when it is used without asking again; null = registered, or there has been none.';

select pgrant.isolate('pgrant.identity_assertion_issuers');
select pgrant.audited('pgrant.identity_assertion_issuers', array['tenant_id', 'issuer', 'jwks_uri', 'jwks', 'upstream', 'claimed_at',
                                                                 'settled_at', 'fetched_at', 'fresh_until', 'last_error', 'created_at']);

create table pgrant.identity_assertion_clients (
  tenant_id   uuid not null,
  issuer      text not null,
  client_id   text not null,
  scopes      text[] not null check (cardinality(scopes) between 1 and 100 and array_position(scopes, null) is null),
  created_at  timestamptz not null default now(),
  primary key (tenant_id, issuer, client_id),
  foreign key (tenant_id, issuer) references pgrant.identity_assertion_issuers on delete cascade,
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade
);

comment on table pgrant.identity_assertion_clients is
  'Which clients may present the identity assertions of an issuer, and for what. What has no row is refused.';
comment on column pgrant.identity_assertion_clients.issuer is 'iss of the assertions.';
comment on column pgrant.identity_assertion_clients.client_id is 'The client that presents them, and gets the access token.';
comment on column pgrant.identity_assertion_clients.scopes is 'Which scopes its tokens may have, at most.';

select pgrant.isolate('pgrant.identity_assertion_clients');
select pgrant.audited('pgrant.identity_assertion_clients', array['tenant_id', 'issuer', 'client_id', 'scopes', 'created_at']);

create table pgrant.identity_assertions (
  tenant_id   uuid not null,
  issuer      text not null,
  jti_hash    bytea not null check (length(jti_hash) = 32),
  expires_at  timestamptz not null,
  primary key (tenant_id, issuer, jti_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.identity_assertions is
  'Identity assertions that have been used (jti, RFC 7523 3), until no other with the same jti could be good.';
comment on column pgrant.identity_assertions.issuer is 'iss of the assertion.';
comment on column pgrant.identity_assertions.jti_hash is 'SHA-256 of the jti.';

select pgrant.isolate('pgrant.identity_assertions');
select pgrant.expire('pgrant.identity_assertions');
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('identity_assertions', '6 hours', '3 days', '1 hour');
select pgrant.audited('pgrant.identity_assertions', array['tenant_id', 'issuer', 'expires_at']);

alter table pgrant.grants add column assertion_issuer text;
comment on column pgrant.grants.assertion_issuer is
  'The issuer by whose identity assertion (ID-JAG) the grant was made or extended; null = the person has consented to all of it.';
select pgrant.audited('pgrant.grants', array['assertion_issuer']);
