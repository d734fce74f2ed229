// Every page of the console.
import {
  auditQuery,
  auditSearch,
  type ConsolePage,
  chosen,
  page,
  pageRows,
  read,
} from './console-page.ts';

export const consolePages: readonly ConsolePage[] = [
  {
    path: 'clients',
    section: 'clients',
    template: 'console_clients',
    query: ['search', 'after'],
    reads: ({ search, after }) => [read('client_list', page({ search, after }))],
  },
  {
    path: 'clients/:client_id',
    section: 'clients',
    template: 'console_client',
    reads: ({ client_id }) => [
      read('client_show', { client_id }),
      read('grant_list', { client_id, limit: pageRows }),
    ],
  },
  {
    path: 'developers',
    section: 'developers',
    template: 'console_developers',
    query: ['waiting', 'after'],
    reads: ({ waiting, after }) => [read('developer_client_list', page({ waiting, after }))],
  },
  {
    path: 'developers/:client_id',
    section: 'developers',
    template: 'console_developer',
    reads: ({ client_id }) => [read('developer_client_show', { client_id })],
  },
  {
    path: 'credentials',
    section: 'credentials',
    template: 'console_credentials',
    reads: () => [read('credential_list'), read('role_list')],
  },
  {
    path: 'webhooks',
    section: 'webhooks',
    template: 'console_webhooks',
    reads: () => [read('webhook_list')],
  },
  {
    path: 'webhooks/:name',
    section: 'webhooks',
    template: 'console_webhook',
    reads: ({ name }) => [
      read('webhook_show', { name }),
      read('delivery_list', { webhook: name, limit: pageRows }),
    ],
  },
  {
    path: 'users',
    section: 'users',
    template: 'console_users',
    query: ['search', 'after'],
    reads: ({ search, after }) => [read('user_list', page({ search, after }))],
  },
  {
    path: 'users/:username',
    section: 'users',
    template: 'console_user',
    reads: ({ username }) => [
      read('user_show', { username }),
      read('second_factor_list', { username }),
      read('user_role_list', { username }),
      read('role_list'),
      read('group_list'),
      read('grant_list', { username, limit: pageRows }),
    ],
  },
  {
    path: 'roles',
    section: 'roles',
    template: 'console_roles',
    reads: () => [read('role_list'), read('group_list')],
  },
  {
    path: 'scopes',
    section: 'scopes',
    template: 'console_scopes',
    reads: () => [read('scope_list'), read('scope_refusal_list')],
  },
  {
    path: 'scopes/:scope',
    section: 'scopes',
    template: 'console_scope',
    reads: () => [read('scope_list')],
  },
  {
    path: 'resources',
    section: 'resources',
    template: 'console_resources',
    reads: () => [read('resource_list'), read('settings_show')],
  },
  {
    path: 'resources/:resource',
    section: 'resources',
    template: 'console_resource',
    reads: ({ resource }) => [read('resource_show', { resource }), read('settings_show')],
  },
  {
    path: 'sign-in',
    section: 'sign-in',
    template: 'console_sign_in',
    reads: () => [read('upstream_list'), read('settings_show')],
  },
  {
    path: 'sign-in/:name',
    section: 'sign-in',
    template: 'console_upstream',
    reads: ({ name }) => [read('upstream_show', { name })],
  },
  {
    path: 'branding',
    section: 'branding',
    template: 'console_branding',
    reads: () => [read('settings_show'), read('logo_list')],
  },
  {
    path: 'settings',
    section: 'settings',
    template: 'console_settings',
    reads: () => [read('settings_show')],
  },
  {
    path: 'settings/:setting',
    section: 'settings',
    template: 'console_setting',
    reads: () => [read('settings_show')],
  },
  {
    path: 'keys',
    section: 'keys',
    template: 'console_keys',
    reads: () => [read('key_list'), read('settings_show')],
  },
  {
    path: 'audit',
    section: 'audit',
    template: 'console_audit',
    query: auditQuery,
    reads: (asked) => [auditSearch(asked, pageRows)],
  },
  {
    path: 'access',
    section: 'access',
    template: 'console_access',
    query: ['what', 'username', 'at'],
    reads: ({ what, username, at }) =>
      what === undefined
        ? [read('scope_list'), read('resource_list')]
        : [
            read('scope_list'),
            read('resource_list'),
            read('access_list', { ...chosen({ what, username, at }), limit: 200 }),
          ],
  },
];
