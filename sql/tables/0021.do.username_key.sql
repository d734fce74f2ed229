-- Under row-level security a condition on lower(username) uses no index: lower() is not leakproof, equality of text is.

alter table pgrant.users add column username_key text not null generated always as (lower(username)) stored;
comment on column pgrant.users.username_key is 'The username in lower case, by which people are found: ADA and ada are one.';

drop index pgrant.users_username;
create unique index users_username on pgrant.users (tenant_id, username_key);
select pgrant.audited('pgrant.users', array['username_key']);
-- As of username, in sql/tables/0014: EXPLAIN tells an auditor nothing of what people are called.
alter table pgrant.users alter column username_key set statistics 1;
