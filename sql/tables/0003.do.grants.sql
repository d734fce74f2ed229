-- What a person allowed an application (grants), and what each code gave (token families).

create table pgrant.grants (
  tenant_id           uuid not null,
  grant_id            uuid not null default gen_random_uuid(),
  user_id             uuid not null,
  client_id           text not null,
  scopes              text[] not null,
  claims              text[] not null default '{}',
  created_at          timestamptz not null default now(),
  consented_at        timestamptz not null default now(),
  consent_expires_at  timestamptz not null,
  last_used_at        timestamptz,
  revoked_at          timestamptz,
  revoked_reason      text,
  expires_at          timestamptz not null,
  primary key (tenant_id, grant_id),
  foreign key (tenant_id, user_id) references pgrant.users on delete cascade,
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  check (revoked_at is not null or consent_expires_at <= expires_at)
);

create unique index grants_live on pgrant.grants (tenant_id, user_id, client_id) where revoked_at is null;
create index grants_client on pgrant.grants (tenant_id, client_id);
create index grants_user on pgrant.grants (tenant_id, user_id);
-- The janitor looks for expired rows of every tenant at once, each minute.
create index grants_expires_at on pgrant.grants ((expires_at at time zone 'UTC'));

comment on table pgrant.grants is 'One row per person and application, until it is revoked: what was allowed, when, last used when.';
comment on column pgrant.grants.scopes is 'All that was consented to; consent is remembered by subset.';
comment on column pgrant.grants.claims is 'Claims that were asked for one by one (OpenID Connect Core 5.5) and consented to.';
comment on column pgrant.grants.consent_expires_at is 'Until when the authorization endpoint does not ask again; infinity = for ever.';
comment on column pgrant.grants.expires_at is 'When the row may go: no sooner than its consent and its youngest family end, 90 days after it was revoked.';

select pgrant.isolate('pgrant.grants');
select pgrant.expire('pgrant.grants', array['tenant_id', 'grant_id', 'client_id', 'revoked_at']);

create table pgrant.token_families (
  tenant_id         uuid not null,
  family_id         uuid not null default gen_random_uuid(),
  grant_id          uuid not null,
  user_id           uuid not null,
  client_id         text not null,
  session_id        uuid,
  offline           boolean not null,
  scopes            text[] not null,
  claims_id_token   text[] not null default '{}',
  claims_userinfo   text[] not null default '{}',
  auth_time         timestamptz not null,
  acr               text,
  amr               text[] not null,
  handle_hash       bytea check (length(handle_hash) = 32),
  generation        integer not null default 1,
  current_hash      bytea check (length(current_hash) = 32),
  previous_hash     bytea,
  sealed_successor  bytea,
  replay_until      timestamptz,
  replays           integer not null default 0,
  replays_total     integer not null default 0,
  created_at        timestamptz not null default now(),
  last_used_at      timestamptz not null default now(),
  idle_expires_at   timestamptz not null,
  expires_at        timestamptz not null,
  sweep_after       date not null,
  revoked_at        timestamptz,
  revoked_reason    text,
  primary key (tenant_id, family_id),
  foreign key (tenant_id, grant_id) references pgrant.grants on delete cascade,
  check (idle_expires_at <= expires_at),
  check ((handle_hash is null) = (current_hash is null))
) with (fillfactor = 90);

create unique index token_families_handle on pgrant.token_families (tenant_id, handle_hash) where handle_hash is not null;
create index token_families_grant on pgrant.token_families (tenant_id, grant_id);
create index token_families_session on pgrant.token_families (tenant_id, session_id) where session_id is not null;
-- What no auditor may call, no auditor can prove: an index on other things than the tenant would answer their conditions
-- from rows of every tenant.
create function pgrant.swept(p_after date) returns boolean
language sql immutable parallel safe
return p_after is not null;

comment on function pgrant.swept(date) is 'True. The janitor says it of sweep_after to use the index that is kept for it.';

revoke execute on function pgrant.swept(date) from public;
grant execute on function pgrant.swept(date) to pgrant_definer, pgrant_janitor;

create index token_families_sweep on pgrant.token_families (sweep_after) where pgrant.swept(sweep_after);

comment on table pgrant.token_families is
  'One row for all that one code gave. A rotation changes no indexed column: one HOT update, no bloat. superseded and revoked are different states.';
comment on column pgrant.token_families.offline is 'Survives the end of the browser session (offline_access, or no OpenID Connect at all).';
comment on column pgrant.token_families.handle_hash is 'SHA-256 of the part of the refresh token that never changes; null where no refresh token was given.';
comment on column pgrant.token_families.generation is 'How many refresh tokens the family has had.';
comment on column pgrant.token_families.current_hash is 'SHA-256 of the refresh token that is good now.';
comment on column pgrant.token_families.previous_hash is 'SHA-256 of the one before, which may be replayed until replay_until.';
comment on column pgrant.token_families.sealed_successor is 'The current refresh token, sealed under a key derived from the previous one; nobody else can open it.';
comment on column pgrant.token_families.replays is 'Replays of the previous refresh token so far.';
comment on column pgrant.token_families.replays_total is 'Replays in the whole life of the family.';
comment on column pgrant.token_families.idle_expires_at is 'Slides with each use.';
comment on column pgrant.token_families.expires_at is 'Never moves.';
comment on column pgrant.token_families.sweep_after is
  'A day by which the family is dead unless it is used: moved a week at a time, because it is indexed.';

select pgrant.isolate('pgrant.token_families');

-- The janitor sees what is dead, and what still holds a sealed successor whose window has closed.
create policy dead_seen on pgrant.token_families for select to pgrant_janitor
  using (idle_expires_at < now() or revoked_at < now() - interval '90 days' or replay_until < now());
create policy dead_deleted on pgrant.token_families for delete to pgrant_janitor
  using (idle_expires_at < now() or revoked_at < now() - interval '90 days');
create policy replay_closed on pgrant.token_families for update to pgrant_janitor
  using (replay_until < now()) with check (sealed_successor is null);
-- To pass over rows that somebody else has locked, it has to lock those that it deletes.
create policy dead_locked on pgrant.token_families for update to pgrant_janitor
  using (idle_expires_at < now() or revoked_at < now() - interval '90 days') with check (false);
-- It reads times, and whether there is a sealed successor: no hash of a living family, and nobody's id.
grant select (ctid, sweep_after, idle_expires_at, revoked_at, replay_until, sealed_successor), delete, update (sealed_successor)
  on pgrant.token_families to pgrant_janitor;
