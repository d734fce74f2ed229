-- Admins of a tenant: what their programs may repeat, and who an event of theirs names.

create table pgrant.idempotency_keys (
  tenant_id     uuid not null,
  key_hash      bytea not null check (length(key_hash) = 32),
  expires_at    timestamptz not null,
  content_hash  bytea not null check (length(content_hash) = 32),
  secret_salt   bytea,
  value         jsonb not null,
  primary key (tenant_id, key_hash, expires_at)
) partition by range (expires_at);

comment on table pgrant.idempotency_keys is
  'What the admin API answered to requests with an Idempotency-Key (draft-ietf-httpapi-idempotency-key-header), so that a repetition gets the same.';
comment on column pgrant.idempotency_keys.key_hash is 'SHA-256 of who asked, and of the key.';
comment on column pgrant.idempotency_keys.content_hash is 'SHA-256 of the request: another one under the same key is refused.';
comment on column pgrant.idempotency_keys.secret_salt is 'What the secret that was given then was made of, together with PGRANT_SECRET: so it can be given again, and is not kept; null = there was none.';
comment on column pgrant.idempotency_keys.value is 'What was answered, without secrets.';

select pgrant.isolate('pgrant.idempotency_keys');
select pgrant.expire('pgrant.idempotency_keys');
select pgrant.audited('pgrant.idempotency_keys', '{tenant_id,expires_at}');
insert into pgrant.partition_plans (table_name, step, ahead, retention) values ('idempotency_keys', '1 day', '4 days', '1 hour');

comment on column pgrant.audit_events.actor is
  'Who decided where no client and no person did for themselves. An operator or a task: role = who logged in to the database, address (null = on its own machine), application; and as they say themselves user and reason. An admin of the tenant: user_id and session_id, or client_id of the access token, besides the role of the web process. Null where a request decided.';
