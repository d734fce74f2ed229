// Every page of the console.
import { tenantSettings } from './console-form.ts';
import {
  accessSearch,
  auditQuery,
  auditSearch,
  type ConsolePage,
  listOf,
  page,
  pageRows,
  read,
} from './console-page.ts';
import { peoplePages } from './console-people.ts';

export const consolePages: readonly ConsolePage[] = [
  {
    path: 'clients',
    section: 'clients',
    template: 'console_clients',
    query: ['search', 'after'],
    reads: ({ search, after }) => [read('client_list', page({ search, after }))],
    list: listOf('client_list', 'client_id'),
  },
  {
    path: 'clients/:client_id',
    section: 'clients',
    template: 'console_client',
    query: ['after'],
    reads: ({ client_id, after }) => [
      read('client_show', { client_id }),
      read('grant_list', page({ client_id, after })),
    ],
    list: listOf('grant_list', 'grant_id'),
  },
  {
    path: 'developers',
    section: 'developers',
    template: 'console_developers',
    query: ['waiting', 'after'],
    reads: ({ waiting, after }) => [read('developer_client_list', page({ waiting, after }))],
    list: listOf('developer_client_list', 'client_id'),
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
    query: ['after'],
    reads: ({ after }) => [read('credential_list', page({ after })), read('role_list')],
    list: listOf('credential_list', 'client_id'),
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
    query: ['after'],
    reads: ({ name, after }) => [
      read('webhook_show', { name }),
      read('delivery_list', page({ webhook: name, after })),
    ],
    list: listOf('delivery_list', 'cursor'),
  },
  ...peoplePages,
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
    reads: ({ scope }) => [read('scope_show', { scope })],
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
    reads: () => [read('settings_show'), read('logo_list', { own: true })],
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
    names: ({ setting }) => tenantSettings.some(({ name }) => name === setting),
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
    asks: true,
    reads: (asked) => [auditSearch(asked, pageRows + 1)],
    list: listOf('audit_list', 'cursor'),
  },
  {
    path: 'access',
    section: 'access',
    template: 'console_access',
    query: ['what', 'username', 'at', 'after', 'after_client'],
    asks: true,
    reads: (asked) => [read('scope_list'), read('resource_list'), ...accessSearch(asked)],
    // The grants of people first, then clients for themselves.
    list: {
      operation: 'access_list',
      after: ({ grant_id, client_id }) => ({
        after: grant_id,
        after_client: grant_id ? null : client_id,
      }),
    },
  },
];
