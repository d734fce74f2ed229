-- What an admin can do, once for console and API: each operation is a function that operators call as well.

create type pgrant_rules.admin_operation as (
  operation      text,
  method         text,
  path           text,
  function_name  text,
  effect         text,
  fixed          jsonb,
  body           text,
  made           text[],
  page_key       text
);

comment on type pgrant_rules.admin_operation is 'An operation of an admin: method and path below the admin API, and the function of pgrant_ops that does it.';
comment on column pgrant_rules.admin_operation.operation is 'Its name: operationId in the OpenAPI document.';
comment on column pgrant_rules.admin_operation.method is 'Method of HTTP.';
comment on column pgrant_rules.admin_operation.path is 'Path below the admin API, with arguments in braces.';
comment on column pgrant_rules.admin_operation.function_name is 'The function of pgrant_ops.';
comment on column pgrant_rules.admin_operation.effect is 'read, change, empower: what gives somebody or something power that lasts, or destroy: what cannot be taken back. For the last two the console wants a recent sign-in.';
comment on column pgrant_rules.admin_operation.fixed is 'Arguments that the operation stands for.';
comment on column pgrant_rules.admin_operation.body is 'The argument that has the members of the body that are no arguments themselves; null = there are no others.';
comment on column pgrant_rules.admin_operation.made is 'Arguments that the web process makes, such as the hash of a secret, and nobody sends.';
comment on column pgrant_rules.admin_operation.page_key is 'The column of a list whose last value is p_after of the next page; a list in two parts has two of them, the second for p_after_client where the first is null. Null = the list is whole.';

create function pgrant_rules.admin_operations() returns setof pgrant_rules.admin_operation
language sql immutable
as $$
  select o.operation, o.method, o.path, o.function_name, o.effect, coalesce(o.fixed::jsonb, '{}'), o.body,
         coalesce(string_to_array(o.made, ' '), '{}'), o.page_key
    from (values
    ('client_list', 'GET', '/clients', 'client_search', 'read', null, null, null, 'client_id'),
    ('client_add', 'POST', '/clients', 'client_add', 'empower', null, 'metadata', 'secret_hash', null),
    ('client_show', 'GET', '/clients/{client_id}', 'client_show', 'read', null, null, null, null),
    ('client_set', 'PATCH', '/clients/{client_id}', 'client_set', 'empower', null, 'settings', null, null),
    ('client_remove', 'DELETE', '/clients/{client_id}', 'client_remove', 'destroy', null, null, null, null),
    ('client_disable', 'POST', '/clients/{client_id}/disable', 'client_disable', 'change', '{"disabled": true}', null, null, null),
    ('client_enable', 'POST', '/clients/{client_id}/enable', 'client_disable', 'empower', '{"disabled": false}', null, null, null),
    ('client_revoke', 'POST', '/clients/{client_id}/revoke', 'client_revoke', 'destroy', '{"limit": 5000}', null, null, null),
    ('client_secret_add', 'POST', '/clients/{client_id}/secrets', 'client_secret_add', 'empower', null, null, 'secret_hash', null),
    ('client_secret_remove', 'DELETE', '/clients/{client_id}/secrets/{secret_id}', 'client_secret_remove',
     'destroy', null, null, null, null),
    ('developer_client_list', 'GET', '/developer-clients', 'developer_client_search', 'read', null, null, null, 'client_id'),
    ('developer_client_show', 'GET', '/developer-clients/{client_id}', 'developer_client_show', 'read', null, null, null, null),
    ('developer_client_approve', 'POST', '/developer-clients/{client_id}/approve', 'developer_client_approve',
     'empower', null, null, null, null),
    ('developer_client_return', 'POST', '/developer-clients/{client_id}/return', 'developer_client_return',
     'change', null, null, null, null),
    ('developer_client_suspend', 'POST', '/developer-clients/{client_id}/suspend', 'developer_client_suspend',
     'change', '{"suspended": true}', null, null, null),
    ('developer_client_resume', 'POST', '/developer-clients/{client_id}/resume', 'developer_client_suspend',
     'empower', '{"suspended": false}', null, null, null),
    ('scope_refusal_list', 'GET', '/scope-refusals', 'scope_refusal_list', 'read', null, null, null, null),
    ('user_list', 'GET', '/users', 'user_search', 'read', null, null, null, 'username'),
    ('user_add', 'POST', '/users', 'user_add', 'empower', null, 'claims', 'password_salt password_params password_hash', null),
    ('user_show', 'GET', '/users/{username}', 'user_show', 'read', null, null, null, null),
    ('user_set', 'PATCH', '/users/{username}', 'user_set', 'empower', null, 'settings', null, null),
    ('user_remove', 'DELETE', '/users/{username}', 'user_remove', 'destroy', null, null, null, null),
    ('user_disable', 'POST', '/users/{username}/disable', 'user_disable', 'change', '{"disabled": true}', null, null, null),
    ('user_enable', 'POST', '/users/{username}/enable', 'user_disable', 'empower', '{"disabled": false}', null, null, null),
    ('user_sign_out', 'POST', '/users/{username}/sign-out', 'user_sign_out', 'change', null, null, null, null),
    ('user_session_list', 'GET', '/users/{username}/sessions', 'user_session_list', 'read', null, null, null, 'cursor'),
    ('second_factor_list', 'GET', '/users/{username}/second-factors', 'second_factor_list', 'read', null, null, null, null),
    ('second_factor_remove', 'DELETE', '/users/{username}/second-factors', 'second_factor_remove', 'destroy', null, null, null, null),
    ('user_role_list', 'GET', '/users/{username}/roles', 'user_role_list', 'read', null, null, null, null),
    ('role_assign', 'PUT', '/users/{username}/roles/{role}', 'role_assign', 'empower', null, null, null, null),
    ('role_withdraw', 'DELETE', '/users/{username}/roles/{role}', 'role_withdraw', 'change', null, null, null, null),
    ('role_list', 'GET', '/roles', 'role_list', 'read', null, null, null, null),
    ('role_add', 'POST', '/roles', 'role_add', 'change', null, null, null, null),
    ('role_user_list', 'GET', '/roles/{role}/users', 'role_people', 'read', null, null, null, 'user_id'),
    ('role_disable', 'POST', '/roles/{role}/disable', 'role_disable', 'change', '{"disabled": true}', null, null, null),
    ('role_enable', 'POST', '/roles/{role}/enable', 'role_disable', 'empower', '{"disabled": false}', null, null, null),
    ('group_list', 'GET', '/groups', 'group_list', 'read', null, null, null, null),
    ('group_show', 'GET', '/groups/{group}', 'group_show', 'read', null, null, null, null),
    ('group_set', 'PUT', '/groups/{group}', 'group_set', 'empower', null, null, null, null),
    ('group_member_add', 'PUT', '/groups/{group}/members/{username}', 'group_member', 'empower', '{"member": true}', null, null, null),
    ('group_member_remove', 'DELETE', '/groups/{group}/members/{username}', 'group_member',
     'change', '{"member": false}', null, null, null),
    ('scope_list', 'GET', '/scopes', 'scope_list', 'read', null, null, null, null),
    ('scope_add', 'POST', '/scopes', 'scope_add', 'change', null, null, null, null),
    ('scope_show', 'GET', '/scopes/{scope}', 'scope_show', 'read', null, null, null, null),
    ('scope_set', 'PATCH', '/scopes/{scope}', 'scope_set', 'empower', null, 'settings', null, null),
    ('resource_list', 'GET', '/resources', 'resource_list', 'read', null, null, null, null),
    ('resource_add', 'POST', '/resources', 'resource_set', 'empower', '{"replace": false}', null, null, null),
    ('resource_show', 'GET', '/resources/{resource}', 'resource_show', 'read', null, null, null, null),
    ('resource_set', 'PUT', '/resources/{resource}', 'resource_set', 'empower', '{"replace": true}', null, null, null),
    ('resource_remove', 'DELETE', '/resources/{resource}', 'resource_remove', 'destroy', null, null, null, null),
    ('credential_list', 'GET', '/credentials', 'credential_list', 'read', null, null, null, 'client_id'),
    ('credential_add', 'POST', '/credentials', 'credential_add', 'empower', null, null, 'secret_hash', null),
    ('webhook_list', 'GET', '/webhooks', 'webhook_list', 'read', null, null, null, null),
    ('webhook_add', 'POST', '/webhooks', 'webhook_add', 'empower', null, null, 'sealed_secret', null),
    ('webhook_show', 'GET', '/webhooks/{name}', 'webhook_show', 'read', null, null, null, null),
    ('webhook_set', 'PATCH', '/webhooks/{name}', 'webhook_set', 'empower', null, 'settings', null, null),
    ('webhook_remove', 'DELETE', '/webhooks/{name}', 'webhook_remove', 'destroy', null, null, null, null),
    ('webhook_disable', 'POST', '/webhooks/{name}/disable', 'webhook_disable', 'change', '{"disabled": true}', null, null, null),
    ('webhook_enable', 'POST', '/webhooks/{name}/enable', 'webhook_disable', 'empower', '{"disabled": false}', null, null, null),
    ('webhook_secret', 'POST', '/webhooks/{name}/secret', 'webhook_secret', 'empower', null, null, 'sealed_secret', null),
    ('webhook_test', 'POST', '/webhooks/{webhook}/test', 'webhook_test', 'change', null, null, null, null),
    ('webhook_resend', 'POST', '/webhooks/{webhook}/resend', 'webhook_resend', 'change', null, null, null, null),
    ('delivery_list', 'GET', '/webhooks/{webhook}/deliveries', 'webhook_deliveries', 'read', null, null, null, 'cursor'),
    ('upstream_list', 'GET', '/identity-providers', 'upstream_list', 'read', null, null, null, null),
    ('upstream_add', 'POST', '/identity-providers', 'upstream_add', 'empower', null, 'settings', 'sealed_secrets', null),
    ('upstream_show', 'GET', '/identity-providers/{name}', 'upstream_show', 'read', null, null, null, null),
    ('upstream_set', 'PATCH', '/identity-providers/{name}', 'upstream_set', 'empower', null, 'settings', 'sealed_secrets', null),
    ('upstream_remove', 'DELETE', '/identity-providers/{name}', 'upstream_remove', 'destroy', null, null, null, null),
    ('upstream_disable', 'POST', '/identity-providers/{name}/disable', 'upstream_disable', 'change', '{"disabled": true}', null, null,
     null),
    ('upstream_enable', 'POST', '/identity-providers/{name}/enable', 'upstream_disable', 'empower', '{"disabled": false}', null, null,
     null),
    ('key_list', 'GET', '/keys', 'key_list', 'read', null, null, null, null),
    ('key_add', 'POST', '/keys', 'key_add', 'destroy', '{"if_due": false}', null, 'kid public_jwk sealed_private', null),
    ('settings_show', 'GET', '/settings', 'tenant_show', 'read', null, null, null, null),
    ('logo_list', 'GET', '/logos', 'logo_list', 'read', null, null, null, null),
    ('settings_set', 'PATCH', '/settings', 'tenant_set', 'change', null, 'settings', null, null),
    ('grant_list', 'GET', '/grants', 'grant_list', 'read', null, null, null, 'grant_id'),
    ('grant_revoke', 'DELETE', '/grants/{grant_id}', 'grant_revoke', 'change', null, null, null, null),
    ('token_explain', 'GET', '/clients/{client_id}/explain/{username}', 'token_explain', 'read', null, null, null, null),
    ('access_list', 'GET', '/access/{what}', 'access_list', 'read', null, null, null, 'grant_id client_id'),
    ('audit_list', 'GET', '/audit', 'audit_search', 'read', null, null, null, 'cursor')
    ) o (operation, method, path, function_name, effect, fixed, body, made, page_key)
$$;

comment on function pgrant_rules.admin_operations() is
  'The operations of admins. An option that is left out has none: its functions are not there.';

create function pgrant_rules.admin_settings_except() returns text[]
language sql immutable
as $$
  select array['claims_function', 'claims_function_targets', 'trusted_networks', 'refusal_limit', 'authorization_rate',
               'registration_quota', 'registration_rate', 'client_document_quota', 'client_document_rate',
               'login_failure_limit', 'login_failure_window', 'preset']
$$;

comment on function pgrant_rules.admin_settings_except() is
  'Settings of a tenant that are the operator''s alone: functions of the database, and what protects the server that tenants share.';

create function pgrant_rules.admin_settings_recent() returns text[]
language sql immutable
as $$
  select array['login_url', 'login_jwks', 'login_issuer', 'second_factor', 'registration', 'client_documents', 'client_document_hosts',
               'software_statement_issuers']
$$;

comment on function pgrant_rules.admin_settings_recent() is
  'Settings of a tenant for which the console wants a recent sign-in: who says who somebody is, what they have to show, and which clients come by themselves.';
