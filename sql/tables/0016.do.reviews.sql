-- Reviews: what an auditor has looked at, and until when that will do.

create table pgrant.reviews (
  tenant_id       uuid not null references pgrant.tenants,
  review_id       uuid not null default gen_random_uuid(),
  client_id       text,
  secret_id       uuid,
  grant_id        uuid,
  reviewed_at     timestamptz not null default now(),
  due_at          timestamptz not null,
  reviewer        text not null,
  note            text check (length(note) between 1 and 500),
  primary key (tenant_id, review_id),
  foreign key (tenant_id, client_id) references pgrant.clients on delete cascade,
  foreign key (tenant_id, client_id, secret_id) references pgrant.client_secrets on delete cascade,
  foreign key (tenant_id, grant_id) references pgrant.grants on delete cascade,
  check ((client_id is null) <> (grant_id is null) and (secret_id is null or client_id is not null))
);

create unique index reviews_client on pgrant.reviews (tenant_id, client_id) where secret_id is null;
create unique index reviews_secret on pgrant.reviews (tenant_id, client_id, secret_id);
create unique index reviews_grant on pgrant.reviews (tenant_id, grant_id);

comment on table pgrant.reviews is 'The last review of a client, a secret or a grant; those before are in the audit. It goes with what was reviewed.';
comment on column pgrant.reviews.review_id is 'The review; a new one of the same thing keeps it.';
comment on column pgrant.reviews.client_id is 'The client that was reviewed, or that has the secret; null = a grant was.';
comment on column pgrant.reviews.secret_id is 'The secret that was reviewed; null = the client or a grant was.';
comment on column pgrant.reviews.grant_id is 'The grant that was reviewed; null = a client or a secret was.';
comment on column pgrant.reviews.reviewed_at is 'When.';
comment on column pgrant.reviews.due_at is 'Until when that will do: then it is due again.';
comment on column pgrant.reviews.reviewer is 'Who: the role that logged in to the database, and behind a space the person as they say themselves.';
comment on column pgrant.reviews.note is 'What there is to say of it, in the words of the reviewer; null = nothing.';
comment on index pgrant.reviews_client is 'The last review of a client.';
comment on index pgrant.reviews_secret is 'The last review of a secret.';
comment on index pgrant.reviews_grant is 'The last review of a grant.';

select pgrant.isolate('pgrant.reviews');
select pgrant.audited('pgrant.reviews', '{tenant_id,review_id,client_id,secret_id,grant_id,reviewed_at,due_at,reviewer,note}');

-- What happened to a person is few events among many refreshes. What is a refresh costs one comparison.
create index audit_events_person on pgrant.audit_events (tenant_id, user_id, at) where action <> 'refresh.rotate';
comment on index pgrant.audit_events_person is 'What a person did and what was done about them, refreshes left out: person_events. A refresh costs it one comparison.';

-- What is not said yet of the tables before. What is the same everywhere, sql/functions/keep/comments.sql says.

comment on column pgrant.access_tokens.token_hash is 'SHA-256 of the token.';
comment on column pgrant.access_tokens.scopes is 'What it allows.';
comment on column pgrant.access_tokens.family_id is 'The family that it belongs to; null = it came of client credentials.';
comment on column pgrant.access_tokens.family_expires_at is 'expires_at of that family: no token is good for longer.';
comment on column pgrant.access_tokens.user_id is 'The person; null = the client acts for itself.';
comment on column pgrant.audit_archives.events is 'Events that are in the file.';
comment on column pgrant.audit_archives.archived_at is 'When the file was written.';
comment on column pgrant.audit_chains.number is 'Number of the last seal.';
comment on column pgrant.audit_chains.seal is 'The last seal.';
comment on column pgrant.audit_chains.total is 'Events in all seals.';
comment on column pgrant.audit_chains.made_at is 'When the last seal was made.';
comment on column pgrant.audit_checkpoints.number is 'Number of the seal.';
comment on column pgrant.audit_checkpoints.seal is 'The seal that was signed.';
comment on column pgrant.audit_checkpoints.made_at is 'When it was signed.';
comment on column pgrant.audit_events.at is 'When it was decided.';
comment on column pgrant.audit_events.event_id is 'The event; webhook-id where it is sent to a webhook.';
comment on column pgrant.audit_events.user_id is 'The person; null = none is known.';
comment on column pgrant.audit_events.client_id is 'The client; null = none is known.';
comment on column pgrant.audit_events.grant_id is 'The grant; null = none is concerned.';
comment on column pgrant.audit_events.family_id is 'The family; null = none is concerned.';
comment on column pgrant.audit_events.address is 'From where it was asked; null = no request decided.';
comment on column pgrant.audit_events.request_id is 'The request that decided (X-Request-Id); null = none did.';
comment on column pgrant.audit_events.detail is 'What else there is to say, never a secret; pgrant_report.audit_actions() says what of which action.';
comment on column pgrant.audit_sealing.single is 'True: there is one row.';
comment on column pgrant.audit_seals.number is 'Place in the chain, from 1.';
comment on column pgrant.audit_seals.made_at is 'When it was made.';
comment on column pgrant.audit_seals.events is 'How many events it covers.';
comment on column pgrant.audit_seals.last_at is 'The youngest event.';
comment on column pgrant.authorization_requests.request_hash is 'SHA-256 of its handle, which only the browser has.';
comment on column pgrant.authorization_requests.scopes is 'What is asked for.';
comment on column pgrant.authorization_requests.resources is 'resource of the request (RFC 8707 2); {} = none.';
comment on column pgrant.authorization_requests.response_mode is 'How the answer gets to the client: query, fragment, form_post, or one of those in a JWT.';
comment on column pgrant.authorization_requests.state is 'state of the request (RFC 6749 4.1.1): goes back as it came; null = none.';
comment on column pgrant.authorization_requests.prompt is 'prompt of the request (OpenID Connect Core 3.1.2.1); {} = none.';
comment on column pgrant.authorization_requests.max_age is 'max_age of the request, in seconds: the sign-in is no older; null = any.';
comment on column pgrant.authorization_requests.login_hint is 'login_hint of the request: whom the client expects; null = nobody.';
comment on column pgrant.authorization_requests.hint_sub is 'sub of its id_token_hint: the person that the answer has to be about; null = anybody.';
comment on column pgrant.authorization_requests.acr_values is 'acr_values of the request, the best first; {} = none.';
comment on column pgrant.client_assertions.client_id is 'The client that signed.';
comment on column pgrant.client_key_sets.jwks_uri is 'Where the copy is from.';
comment on column pgrant.client_secrets.secret_id is 'Its name for operators.';
comment on column pgrant.clients.contacts is 'contacts (RFC 7591 2): who answers for it.';
comment on column pgrant.clients.policy_uri is 'policy_uri (RFC 7591 2): what it does with data.';
comment on column pgrant.clients.tos_uri is 'tos_uri (RFC 7591 2): its terms of service.';
comment on column pgrant.clients.software_id is 'software_id (RFC 7591 2): the same for each registration of one program.';
comment on column pgrant.clients.software_version is 'software_version (RFC 7591 2).';
comment on column pgrant.codes.code_hash is 'SHA-256 of the code.';
comment on column pgrant.codes.scopes is 'What it gives.';
comment on column pgrant.codes.resources is 'What its tokens may be for; {} = the tenant''s own audience.';
comment on column pgrant.codes.family_id is 'The family that it gave; null = it was not redeemed yet.';
comment on column pgrant.codes.used_at is 'When it was redeemed; null = not yet.';
comment on column pgrant.counters.key_hash is 'SHA-256 of what is counted.';
comment on column pgrant.counters.attempts is 'How often within the window.';
comment on column pgrant.device_codes.scopes is 'What the device asks for.';
comment on column pgrant.device_codes.resources is 'resource of its request (RFC 8707 2); {} = none.';
comment on column pgrant.grants.consented_at is 'When the person last agreed; null = nobody was asked.';
comment on column pgrant.group_member_history.source is 'Who said so: operator, or the upstream.';
comment on column pgrant.user_role_history.source is 'Who said so: operator, or the upstream.';
comment on column pgrant.login_assertions.jti_hash is 'SHA-256 of issuer and jti.';
comment on column pgrant.login_challenges.reject_reason is 'Why the product rejected, in its words.';
comment on column pgrant.logout_deliveries.delivery_id is 'The delivery; jti of the first logout token.';
comment on column pgrant.outbox.at is 'When it happened.';
comment on column pgrant.outbox.type is 'What happened: the action of the audit event.';
comment on column pgrant.outbox.webhook is 'Name of the webhook.';
comment on column pgrant.refusals.action is 'As in audit_events.';
comment on column pgrant.refusals.error is 'The error that was returned.';
comment on column pgrant.refusals.reason is 'Why, in words that no client sees.';
comment on column pgrant.refusals.address is 'From where the first came.';
comment on column pgrant.refusals.detail is 'What else there is to say of the first.';
comment on column pgrant.registration_tokens.name is 'Its name for operators.';
comment on column pgrant.registration_tokens.token_id is 'The token, as audit and lists name it.';
comment on column pgrant.registration_tokens.used is 'How many clients it has registered.';
comment on column pgrant.revoked_tokens.jti is 'jti of the token.';
comment on column pgrant.schedules.task is 'Name of the task.';
comment on column pgrant.scope_history.requires_role is 'Whether only people who have it as a role can use it.';
comment on column pgrant.scope_refusals.refused is 'How often.';
comment on column pgrant.scope_refusals.last_user_id is 'For whom it was asked last; null = for the client itself.';
comment on column pgrant.scopes.description is 'More words for people; null = the title says it all.';
comment on column pgrant.sessions.ended_at is 'When it was ended; null = it was not.';
comment on column pgrant.sessions.last_seen_at is 'When its browser came last, to the minute.';
comment on column pgrant.signing_keys.kid is 'kid (RFC 7515 4.1.4) of what it signs.';
comment on column pgrant.signing_keys.alg is 'JWS algorithm (RFC 7518 3.1).';
comment on column pgrant.signing_keys.active_at is 'From when on it signs.';
comment on column pgrant.signing_keys.public_jwk is 'Public half, as published (RFC 7517 4).';
comment on column pgrant.task_runs.run_id is 'The run.';
comment on column pgrant.task_runs.task is 'Name of the task.';
comment on column pgrant.task_runs.started_at is 'When it began.';
comment on column pgrant.tenants.name is 'Short name; the twin of pgrant.issuers.name.';
comment on column pgrant.tenants.issuer is 'Issuer identifier; the twin of pgrant.issuers.issuer.';
comment on column pgrant.tenants.disabled_at is 'Since when every endpoint of the tenant refuses; null = it answers.';
comment on column pgrant.token_families.scopes is 'What was given; effective is what of it still holds at each refresh.';
comment on column pgrant.token_families.replay_until is 'Until when the refresh token before may be replayed; null = no longer.';
comment on column pgrant.upstream_logins.request_hash is 'The authorization request that it is for; null = an account is linked.';
comment on column pgrant.upstream_logins.request_expires_at is 'expires_at of that request; null = there is none.';
comment on column pgrant.users.password_salt is 'Salt of the Argon2id key.';
comment on column pgrant.webhooks.name is 'Its name for operators.';
comment on column pgrant.webhooks.disabled_reason is 'Why it was disabled.';
comment on column pgrant.webhooks.old_secret_expires_at is 'Until when requests are signed with the secret before as well; null = there is none.';

comment on index pgrant.audit_events_refused is 'Errors of a tenant, the youngest first: `pgrant errors`.';
comment on index pgrant.audit_events_reuse is 'Codes and refresh tokens that came twice: reuse_incidents.';
comment on index pgrant.audit_events_xid is 'What is not sealed yet lies at the end: the sealer skips the rest, and writing costs nothing.';
comment on index pgrant.audit_seals_last_at is 'The seal that has an event.';
comment on index pgrant.client_secrets_hash is 'Two clients never have one secret.';
comment on index pgrant.clients_document_live is 'How many clients by document a tenant has, and which are due.';
comment on index pgrant.clients_maker is 'API credentials of a person.';
comment on index pgrant.clients_registered_live is 'How many registered clients a tenant has.';
comment on index pgrant.device_codes_user_code is 'The device code that a person typed the user code of.';
comment on index pgrant.grant_history_client is 'Grants that a client has had.';
comment on index pgrant.grant_history_user is 'Grants that a person has given.';
comment on index pgrant.grants_client is 'Grants of a client.';
comment on index pgrant.grants_live is 'One grant for a person and a client at a time.';
comment on index pgrant.grants_user is 'Grants of a person, revoked ones too.';
comment on index pgrant.group_member_history_group is 'Who has been in a group.';
comment on index pgrant.group_members_group is 'Who is in a group.';
comment on index pgrant.group_role_history_scope is 'Groups that have had a role.';
comment on index pgrant.group_roles_scope is 'Groups that have a role.';
comment on index pgrant.issuers_host_path is 'The tenant that answers a request. An expression, so that no condition of an auditor can use it.';
comment on index pgrant.issuers_issuer is 'No two tenants with one issuer. An expression, so that no condition of an auditor can use it.';
comment on index pgrant.issuers_name is 'The tenant of a name. An expression, so that no condition of an auditor can use it.';
comment on index pgrant.login_challenges_verifier is 'The challenge that a browser brings the verifier of.';
comment on index pgrant.logout_deliveries_client is 'Deliveries to a client: the log.';
comment on index pgrant.logout_deliveries_due is 'What is to be delivered next to a client.';
comment on index pgrant.outbox_due is 'What is to be delivered next to a webhook.';
comment on index pgrant.pairwise_subjects_user is 'Subjects of a person, when they are removed.';
comment on index pgrant.refusals_first_at is 'Refusals of a tenant, the youngest first.';
comment on index pgrant.refusals_unsealed is 'Minutes that are over and have no audit event yet.';
comment on index pgrant.registration_tokens_hash is 'The initial access token that a request brings.';
comment on index pgrant.sessions_session_id is 'The session of an ID token''s sid.';
comment on index pgrant.sessions_user is 'Sessions of a person.';
comment on index pgrant.signing_keys_expires_at is 'Keys that are published, and those whose time is over.';
comment on index pgrant.task_runs_started is 'The last run of a task.';
comment on index pgrant.token_families_grant is 'Families of a grant, when it is revoked.';
comment on index pgrant.token_families_handle is 'The family of a refresh token.';
comment on index pgrant.token_families_session is 'Families that end with a session.';
comment on index pgrant.token_families_sweep is 'Families that may be dead. A condition that no auditor may call, so that no plan of theirs can use it.';
comment on index pgrant.upstream_accounts_due is 'Accounts that are to be checked at their upstream again.';
comment on index pgrant.upstream_accounts_tenant_id_user_id_upstream_key is 'One account of a person at an upstream.';
comment on index pgrant.user_history_username is 'Who had a username.';
comment on index pgrant.user_role_history_scope is 'Who has had a role.';
comment on index pgrant.user_roles_scope is 'Who has a role.';
comment on index pgrant.users_external_subject is 'The person whom the product means.';
comment on index pgrant.users_username is 'The person of a username, whatever its case.';
