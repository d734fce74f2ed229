-- What the sign-in page knows of people who come back.

alter table pgrant.tenants add column remember_username boolean not null default false;
comment on column pgrant.tenants.remember_username is
  'Whether people may have the sign-in page remember their username in this browser, for 90 days; on devices that several people share they better do not.';
select pgrant.audited('pgrant.tenants', '{remember_username}');
