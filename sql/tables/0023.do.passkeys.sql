-- Passkeys (Web Authentication Level 3): public keys of people, and challenges that are under way.

create table pgrant.passkeys (
  tenant_id        uuid not null,
  credential_id    bytea not null check (length(credential_id) between 1 and 1023),
  user_id          uuid not null,
  name             text not null check (length(name) <= 100) constraint passkeys_name_sound check (pgrant.name_sound(name)),
  public_key       bytea not null check (length(public_key) between 1 and 4096),
  sign_count       bigint not null check (sign_count between 0 and 4294967295),
  transports       text[] not null check (pg_column_size(transports) <= 512),
  backup_eligible  boolean not null,
  backed_up        boolean not null check (backup_eligible or not backed_up),
  created_at       timestamptz not null default now(),
  last_used_at     timestamptz,
  primary key (tenant_id, credential_id),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade
);

create index passkeys_user on pgrant.passkeys (tenant_id, user_id);

comment on table pgrant.passkeys is 'Passkeys of people (Web Authentication Level 3).';
comment on column pgrant.passkeys.credential_id is 'The credential, as the authenticator names it.';
comment on column pgrant.passkeys.name is 'What the person calls it.';
comment on column pgrant.passkeys.public_key is 'Its public key, as COSE_Key (RFC 9052 7).';
comment on column pgrant.passkeys.sign_count is
  'The signature counter when it was last used (Web Authentication 6.1.1); 0 = the authenticator has none.';
comment on column pgrant.passkeys.transports is 'How browsers reach its authenticator, as they have said.';
comment on column pgrant.passkeys.backup_eligible is 'Whether it may be copied to other devices; never changes (Web Authentication 6.1.3).';
comment on column pgrant.passkeys.backed_up is 'Whether it was copied when it was last used.';
comment on constraint passkeys_name_sound on pgrant.passkeys is
  'text of 1 to 100 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on index pgrant.passkeys_user is 'Passkeys of a person.';

select pgrant.isolate('pgrant.passkeys');
select pgrant.audited('pgrant.passkeys', '{tenant_id, credential_id, user_id, name, public_key, sign_count, transports, backup_eligible,
                                           backed_up, created_at, last_used_at}');

create table pgrant.passkey_challenges (
  tenant_id       uuid not null,
  challenge_hash  bytea not null check (length(challenge_hash) = 32),
  expires_at      timestamptz not null,
  request_hash    bytea check (length(request_hash) = 32),
  session_id      uuid,
  used_at         timestamptz,
  finished_at     timestamptz,
  primary key (tenant_id, challenge_hash, expires_at),
  -- A sign-in for an authorization request, or a signed-in person who adds a passkey.
  check ((request_hash is null) = (session_id is not null))
) partition by range (expires_at);

comment on table pgrant.passkey_challenges is 'What passkeys are asked to sign at this moment (Web Authentication 13.4.3).';
comment on column pgrant.passkey_challenges.challenge_hash is 'SHA-256 of the challenge''s secret.';
comment on column pgrant.passkey_challenges.request_hash is 'The authorization request that somebody signs in for; null = a passkey is added.';
comment on column pgrant.passkey_challenges.session_id is 'The session of the person who adds a passkey; null = somebody signs in.';
comment on column pgrant.passkey_challenges.used_at is 'When an answer came; none is taken twice.';
comment on column pgrant.passkey_challenges.finished_at is 'When the answer was decided.';

select pgrant.isolate('pgrant.passkey_challenges');
select pgrant.expire('pgrant.passkey_challenges');
select pgrant.audited('pgrant.passkey_challenges', '{tenant_id, expires_at, session_id, used_at, finished_at}');
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('passkey_challenges', '1 day', '3 days', '1 hour');
