-- People may allow less than a client asks for.

alter table pgrant.tenants add column consent_choice boolean not null default false;
comment on column pgrant.tenants.consent_choice is
  'Whether people may allow some of the scopes that a client asks for and leave others out (RFC 6749 3.3); else all or none.';
select pgrant.audited('pgrant.tenants', '{consent_choice}');
