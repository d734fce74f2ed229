-- Events that leave: who wants to hear of them (webhooks), and what has to be delivered to whom (outbox).

create table pgrant.webhooks (
  tenant_id              uuid not null references pgrant.tenants on delete cascade,
  name                   text not null check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  url                    text not null
    check (length(url) <= 2048
           and url ~ '^(https://[^/?#@\\\s]+|http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?)([/?][^#\\\s]*)?$'),
  event_types            text[] check (cardinality(event_types) > 0),
  sealed_secret          bytea not null,
  sealed_old_secret      bytea,
  old_secret_expires_at  timestamptz,
  dead_letter_lifetime   integer not null default 2592000 check (dead_letter_lifetime between 3600 and 31536000),
  paused_until           timestamptz not null default '-infinity',
  created_at             timestamptz not null default now(),
  disabled_at            timestamptz,
  disabled_reason        text,
  primary key (tenant_id, name),
  check ((sealed_old_secret is null) = (old_secret_expires_at is null)),
  check ((disabled_at is null) = (disabled_reason is null))
);

comment on table pgrant.webhooks is 'Where the events of a tenant are sent to (Standard Webhooks).';
comment on column pgrant.webhooks.url is 'https, or http on a loopback host; no credentials: every request is signed.';
comment on column pgrant.webhooks.event_types is 'What is sent; null = everything.';
comment on column pgrant.webhooks.sealed_secret is 'What requests are signed with, AES-256-GCM under a key that the database does not have.';
comment on column pgrant.webhooks.sealed_old_secret is 'The secret before, with which requests are signed as well until old_secret_expires_at.';
comment on column pgrant.webhooks.dead_letter_lifetime is 'For so long what could not be delivered is kept.';
comment on column pgrant.webhooks.paused_until is 'Nothing is sent until then: the receiver did not answer at all, or asked for time.';
comment on column pgrant.webhooks.disabled_at is 'Since when no event is kept for it.';

comment on constraint webhooks_name_check on pgrant.webhooks is '1 to 63 lower-case letters, digits and inner hyphens';
comment on constraint webhooks_url_check on pgrant.webhooks is 'an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment';
comment on constraint webhooks_event_types_check on pgrant.webhooks is 'a list of at least one event type';
comment on constraint webhooks_dead_letter_lifetime_check on pgrant.webhooks is 'a whole number of seconds from 3600 to 31536000';

select pgrant.isolate('pgrant.webhooks');
select pgrant.audited('pgrant.webhooks', array['tenant_id', 'name', 'url', 'event_types', 'old_secret_expires_at',
  'dead_letter_lifetime', 'paused_until', 'created_at', 'disabled_at', 'disabled_reason']);

create table pgrant.outbox (
  tenant_id        uuid not null,
  event_id         uuid not null,
  webhook          text not null,
  type             text not null,
  at               timestamptz not null default now(),
  data             jsonb not null check (jsonb_typeof(data) = 'object'),
  state            text not null default 'pending' check (state in ('pending', 'delivered', 'dead')),
  attempts         integer not null default 0,
  next_attempt_at  timestamptz not null default now(),
  give_up_at       timestamptz not null default now() + interval '1 day',
  last_status      integer,
  last_error       text check (length(last_error) <= 500),
  attempt_log      jsonb not null default '[]' check (jsonb_array_length(attempt_log) <= 20),
  finished_at      timestamptz,
  expires_at       timestamptz not null default 'infinity',
  primary key (tenant_id, event_id, webhook),
  foreign key (tenant_id, webhook) references pgrant.webhooks on delete cascade,
  check ((state = 'pending') = (finished_at is null)),
  check ((state = 'pending') = (expires_at = 'infinity'))
);

create index outbox_due on pgrant.outbox (tenant_id, webhook, next_attempt_at) where state = 'pending';
create index outbox_expires_at on pgrant.outbox ((expires_at at time zone 'UTC'));

comment on table pgrant.outbox is 'One row per event and webhook, written in the transaction that the event is about; kept as the log of deliveries.';
comment on column pgrant.outbox.event_id is 'The audit event; webhook-id of each attempt, so that a receiver can tell a repeat.';
comment on column pgrant.outbox.data is 'What is said of the event: identifiers, never a secret, a name or an address.';
comment on column pgrant.outbox.state is 'pending = to be delivered; delivered = the receiver said so; dead = given up.';
comment on column pgrant.outbox.attempts is 'Begun so far since it was queued or sent again; the number of the one that runs.';
comment on column pgrant.outbox.next_attempt_at is 'While an attempt runs: when it counts as lost with its worker.';
comment on column pgrant.outbox.give_up_at is 'The last attempt is made no later: a day after it was queued or sent again.';
comment on column pgrant.outbox.last_status is 'HTTP status of the last attempt; null where there was no answer.';
comment on column pgrant.outbox.attempt_log is 'The last 20 attempts, oldest first: {at, status, error, ms}.';
comment on column pgrant.outbox.expires_at is 'When the row goes: 7 days after it was delivered, dead_letter_lifetime after it was given up.';

select pgrant.isolate('pgrant.outbox');
select pgrant.expire('pgrant.outbox', array['tenant_id', 'webhook', 'at', 'state', 'next_attempt_at']);
select pgrant.audited('pgrant.outbox', array['tenant_id', 'event_id', 'webhook', 'type', 'at', 'data', 'state', 'attempts',
  'next_attempt_at', 'give_up_at', 'last_status', 'last_error', 'attempt_log', 'finished_at', 'expires_at']);

-- The worker asks which webhooks of all tenants have something to deliver: answered by names and times alone.
create policy pending_seen on pgrant.outbox for select to pgrant_janitor using (state = 'pending');
create policy live_seen on pgrant.webhooks for select to pgrant_janitor using (disabled_at is null);
grant select (tenant_id, name, paused_until, disabled_at) on pgrant.webhooks to pgrant_janitor;
