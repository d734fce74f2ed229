-- Dots alone are a step of a path (RFC 3986 5.2.4): no page and no URL of the admin API could name what is called so.
-- Not valid: a release does not fail by what has such a name already. That can be read and removed, and nothing else.
alter table pgrant.users add constraint users_username_segment check (username !~ '^[.]{1,2}$') not valid;
alter table pgrant.clients add constraint clients_client_id_segment check (client_id !~ '^[.]{1,2}$') not valid;
alter table pgrant.groups add constraint groups_group_name_segment check (group_name !~ '^[.]{1,2}$') not valid;
alter table pgrant.scopes add constraint scopes_scope_segment check (scope !~ '^[.]{1,2}$') not valid;

comment on constraint users_username_segment on pgrant.users is 'neither . nor .., which no URL can name (RFC 3986 5.2.4)';
comment on constraint clients_client_id_segment on pgrant.clients is
  'neither . nor .., which no URL can name (RFC 3986 5.2.4)';
comment on constraint groups_group_name_segment on pgrant.groups is
  'neither . nor .., which no URL can name (RFC 3986 5.2.4)';
comment on constraint scopes_scope_segment on pgrant.scopes is 'neither . nor .., which no URL can name (RFC 3986 5.2.4)';
