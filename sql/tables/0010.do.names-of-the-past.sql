-- Who had a username then is asked without reading everybody: see users_username.
alter table pgrant.user_history add column username_key text generated always as (lower(username)) stored;
create index user_history_username on pgrant.user_history (tenant_id, username_key);
alter table pgrant.user_history alter column username_key set statistics 1;
comment on column pgrant.user_history.username_key is 'The username without case.';
select pgrant.audited('pgrant.user_history', '{username_key}');
