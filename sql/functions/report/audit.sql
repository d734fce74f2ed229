-- Reports: what was decided.

create view pgrant_report.audit_events with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, a.at, a.event_id, a.action, a.error, a.reason, a.user_id,
       a.username, a.client_id,
       a.grant_id, a.family_id, a.address, a.request_id, a.detail, a.times, a.actor ->> 'role' as actor_role,
       a.actor ->> 'user' as actor_user, (a.actor ->> 'address')::inet as actor_address,
       a.actor ->> 'application' as actor_application, a.actor ->> 'reason' as actor_reason,
       (a.actor ->> 'user_id')::uuid as actor_user_id, (a.actor ->> 'session_id')::uuid as actor_session_id,
       a.actor ->> 'client_id' as actor_client_id
  -- The person is joined to each half: a username is looked up once, and on several nodes each joins what it has.
  from (select e.tenant_id, e.at, e.event_id, e.action, e.error, e.reason, e.user_id, u.username, e.client_id, e.grant_id, e.family_id,
               e.address, e.request_id, e.detail,
               case when e.error is null then 1 else coalesce((e.detail ->> 'repeats')::bigint, 1) end as times, e.actor
          from pgrant.audit_events e
          left join pgrant.users u on u.tenant_id = e.tenant_id and u.user_id = e.user_id
        union all
        select r.tenant_id, r.first_at, r.event_id, r.action, r.error, r.reason, r.user_id, u.username, r.client_id, r.grant_id,
               r.family_id, r.address, r.request_id, r.detail, case when r.recorded then r.refused - 1 else r.refused end, null
          from pgrant.refusals r
          left join pgrant.users u on u.tenant_id = r.tenant_id and u.user_id = r.user_id
         -- Of the others, what is no audit event yet.
         where not r.recorded or r.covered_by is null and r.refused > 1) a
  join pgrant.issuers i on i.tenant_id = a.tenant_id;

comment on view pgrant_report.audit_events is 'One row per decision, granted or refused; refusals that repeat within a minute are one with their number (times), and those that name no known client or person are kept for days. It is large and cut by month: always give a time, such as at > now() - interval ''1 day''. Of one person all of that time is read, half a second for a million events by username and less than half of that by user_id, unless action <> ''refresh.rotate'' is asked for as well: that has an index, which person_events is made of. Who changed what is in changes. person_page with p_refreshes finds those of one person, refreshes too, in a tenth of that. audit_page walks through all.';
comment on column pgrant_report.audit_events.at is 'When: the time of the transaction that decided.';
comment on column pgrant_report.audit_events.event_id is 'Tells it from others of the same moment.';
comment on column pgrant_report.audit_events.action is 'What: noun.verb, such as refresh.rotate, session.login, role.assign; pgrant_report.audit_actions() says what each means.';
comment on column pgrant_report.audit_events.error is 'The error that was returned; null = it was granted.';
comment on column pgrant_report.audit_events.reason is 'Why, in words that no client sees.';
comment on column pgrant_report.audit_events.address is 'Address of the caller; null = an operator or the worker.';
comment on column pgrant_report.audit_events.request_id is 'X-Request-Id of the answer, and of the log; null = an operator or the worker.';
comment on column pgrant_report.audit_events.detail is 'What else there is to say.';
comment on column pgrant_report.audit_events.times is 'How many decisions the row stands for: more than 1 only for refusals.';
comment on column pgrant_report.audit_events.actor_role is 'The role that had logged in to the database, which for an admin of the tenant is that of the web process; null = a request of anybody else decided. The address and request_id of a request are here.';
comment on column pgrant_report.audit_events.actor_user is 'Who that was, as they say themselves: the user of the operating system, or what PGRANT_ACTOR or the setting pgrant.actor said.';
comment on column pgrant_report.audit_events.actor_address is 'From where they were connected; null = the database''s own machine, or a request.';
comment on column pgrant_report.audit_events.actor_application is 'By which program: application_name, which programs choose.';
comment on column pgrant_report.audit_events.actor_reason is 'Why, as they say: --reason of the command line, or the setting pgrant.reason.';
comment on column pgrant_report.audit_events.actor_user_id is 'The admin of the tenant who did it, at the console or by a client; null = it was no person there.';
comment on column pgrant_report.audit_events.actor_session_id is 'The session at the console in which they did; null = it was not the console.';
comment on column pgrant_report.audit_events.actor_client_id is 'The client that called the admin API; null = it was not the admin API.';

create view pgrant_report.person_events with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, a.user_id, u.username, a.at, a.event_id, a.action, a.error, a.reason, a.client_id, a.grant_id,
       a.family_id, a.address, a.request_id, a.detail, a.actor ->> 'role' as actor_role, a.actor ->> 'user' as actor_user,
       a.actor ->> 'reason' as actor_reason, (a.actor ->> 'user_id')::uuid as actor_user_id,
       a.actor ->> 'client_id' as actor_client_id
  from pgrant.users u
  join pgrant.audit_events a on a.tenant_id = u.tenant_id and a.user_id = u.user_id and a.action <> 'refresh.rotate'
  join pgrant.issuers i on i.tenant_id = u.tenant_id;

comment on view pgrant_report.person_events is 'What a person did and what was done about them, from the audit; filter by tenant, username and a time. Served by an index of its own, which has no refreshes: a family says when it was last refreshed and how often, and person_page has each, with p_refreshes.';
comment on column pgrant_report.person_events.at is 'When: the time of the transaction that decided.';
comment on column pgrant_report.person_events.event_id is 'The audit event.';
comment on column pgrant_report.person_events.action is 'What: noun.verb; pgrant_report.audit_actions() says what each means.';
comment on column pgrant_report.person_events.error is 'The error that was returned; null = it was granted.';
comment on column pgrant_report.person_events.reason is 'Why, in words that no client sees.';
comment on column pgrant_report.person_events.address is 'Address of the caller; null = an operator or the worker.';
comment on column pgrant_report.person_events.request_id is 'X-Request-Id of the answer, and of the log; null = an operator or the worker.';
comment on column pgrant_report.person_events.detail is 'What else there is to say.';
comment on column pgrant_report.person_events.actor_role is 'The role that had logged in to the database, which for an admin of the tenant is that of the web process; null = a request of anybody else decided.';
comment on column pgrant_report.person_events.actor_user is 'Who that was, as they say themselves.';
comment on column pgrant_report.person_events.actor_reason is 'Why, as they say.';
comment on column pgrant_report.person_events.actor_user_id is 'The admin of the tenant who did it, at the console or by a client; null = it was no person there.';
comment on column pgrant_report.person_events.actor_client_id is 'The client that called the admin API; null = it was not the admin API.';

create view pgrant_report.changes with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, e.at, e.event_id, e.actor ->> 'role' as actor_role, e.actor ->> 'user' as actor_user,
       coalesce((e.actor ->> 'address')::inet, e.address) as actor_address, e.actor ->> 'application' as actor_application,
       e.actor ->> 'reason' as actor_reason, (e.actor ->> 'user_id')::uuid as actor_user_id,
       (e.actor ->> 'session_id')::uuid as actor_session_id, e.actor ->> 'client_id' as actor_client_id,
       e.action, e.error, e.reason, e.user_id, u.username, e.client_id, e.grant_id, e.family_id, e.request_id, e.detail
  from pgrant.audit_events e
  left join pgrant.users u on u.tenant_id = e.tenant_id and u.user_id = e.user_id
  join pgrant.issuers i on i.tenant_id = e.tenant_id
 where e.actor is not null;

comment on view pgrant_report.changes is 'What operators, admins and the worker did, from the audit: who, from where, why; filter by tenant and a time. Served by an index of its own, however many refreshes and sign-ins there are between; audit_events with a condition on actor_role reads all of that time.';
comment on column pgrant_report.changes.at is 'When: the time of the transaction that did it.';
comment on column pgrant_report.changes.event_id is 'The audit event.';
comment on column pgrant_report.changes.actor_role is 'The role that had logged in to the database, which for an admin of the tenant is that of the web process.';
comment on column pgrant_report.changes.actor_user is 'Who that was, as they say themselves: the user of the operating system, or what PGRANT_ACTOR or the setting pgrant.actor said.';
comment on column pgrant_report.changes.actor_address is 'From where: an operator''s connection, or an admin''s request; null = the database''s own machine.';
comment on column pgrant_report.changes.actor_application is 'By which program: application_name, which programs choose; null for an admin.';
comment on column pgrant_report.changes.actor_reason is 'Why, as they say: --reason of the command line, or the setting pgrant.reason.';
comment on column pgrant_report.changes.actor_user_id is 'The admin of the tenant who did it, at the console or by a client; null = it was no person there.';
comment on column pgrant_report.changes.actor_session_id is 'The session at the console in which they did; null = it was not the console.';
comment on column pgrant_report.changes.actor_client_id is 'The client that called the admin API; null = it was not the admin API.';
comment on column pgrant_report.changes.action is 'What: noun.verb; pgrant_report.audit_actions() says what each means.';
comment on column pgrant_report.changes.error is 'The error that was returned; null = it was done.';
comment on column pgrant_report.changes.reason is 'Why it was refused, in words that no client sees.';
comment on column pgrant_report.changes.user_id is 'The person whom it concerns.';
comment on column pgrant_report.changes.request_id is 'X-Request-Id of an admin''s request, and of the log; null = an operator or the worker.';
comment on column pgrant_report.changes.detail is 'What else there is to say.';

create view pgrant_report.reuse_incidents with (security_invoker = true) as
select i.tenant_id, i.name || '' as tenant, a.at, a.event_id,
       case a.action when 'code.reuse' then 'code' else 'refresh token' end as reused,
       a.user_id, u.username, a.client_id, c.name as client_name, a.grant_id, a.family_id, a.address, a.request_id,
       f.generation, f.revoked_at
  from pgrant.audit_events a
  join pgrant.issuers i on i.tenant_id = a.tenant_id
  left join pgrant.users u on u.tenant_id = a.tenant_id and u.user_id = a.user_id
  left join pgrant.clients c on c.tenant_id = a.tenant_id and c.client_id = a.client_id
  left join pgrant.token_families f on f.tenant_id = a.tenant_id and f.family_id = a.family_id
 where a.action in ('refresh.reuse', 'code.reuse');

comment on view pgrant_report.reuse_incidents is 'Somebody presented a code or a refresh token that had been used (RFC 9700 4.5, 4.14.2): a copy of it is about, or a client is broken. What it gave was revoked in that moment. Served by an index of its own, as far back as the audit reaches.';
comment on column pgrant_report.reuse_incidents.at is 'When.';
comment on column pgrant_report.reuse_incidents.event_id is 'The audit event.';
comment on column pgrant_report.reuse_incidents.reused is 'code, or refresh token.';
comment on column pgrant_report.reuse_incidents.address is 'Who presented it; not necessarily the thief.';
comment on column pgrant_report.reuse_incidents.request_id is 'X-Request-Id of the answer, and of the log.';
comment on column pgrant_report.reuse_incidents.generation is 'How many refresh tokens the family had had; null where it is swept.';
comment on column pgrant_report.reuse_incidents.revoked_at is 'When the family was revoked: earlier than the incident where it was dead already, null where it is swept.';
