-- What the lists of the console find among millions.

-- With the person, and in that order: whoever asks for a thousand of them reads a thousand entries.
drop index pgrant.user_roles_scope;
create index user_roles_scope on pgrant.user_roles (tenant_id, scope, user_id);
comment on index pgrant.user_roles_scope is 'Who has a role.';

drop index pgrant.group_members_group;
create index group_members_group on pgrant.group_members (tenant_id, group_name, user_id);
comment on index pgrant.group_members_group is 'Who is in a group.';

-- A delivery moves next_attempt_at and expires_at, which are indexed, so its updates were no HOT updates before.
create index outbox_log on pgrant.outbox (tenant_id, webhook, state, at, event_id);
comment on index pgrant.outbox_log is 'The log of a webhook, the youngest first, and how many of its events are in which state.';
