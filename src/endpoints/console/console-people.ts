// The pages of the console about people and their roles.
import { type Asked, type ConsolePage, listOf, page, read } from './console-page.ts';

export const peoplePages: readonly ConsolePage[] = [
  {
    path: 'users',
    section: 'users',
    template: 'console_users',
    query: ['search', 'after'],
    reads: ({ search, after }) => [read('user_list', page({ search, after }))],
    list: listOf('user_list', 'username'),
  },
  {
    path: 'users/:username',
    section: 'users',
    template: 'console_user',
    query: ['after'],
    reads: ({ username, after }) => [
      ...['user_show', 'second_factor_list', 'user_role_list'].map((one) =>
        read(one, { username }),
      ),
      read('user_session_list', { username, limit: 11 }),
      read('role_list'),
      read('group_list'),
      read('grant_list', page({ username, after })),
    ],
    list: listOf('grant_list', 'grant_id'),
  },
  {
    path: 'users/:username/sessions',
    section: 'users',
    template: 'console_user_sessions',
    query: ['after'],
    reads: ({ username, after }) => [
      read('user_show', { username }),
      read('user_session_list', page({ username, after })),
    ],
    list: listOf('user_session_list', 'cursor'),
  },
  {
    path: 'roles',
    section: 'roles',
    template: 'console_roles',
    reads: () => [read('role_list'), read('group_list')],
  },
  {
    path: 'roles/groups/:group',
    section: 'roles',
    template: 'console_group',
    reads: ({ group }) => [read('group_show', { group }), read('role_list')],
  },
  {
    path: 'roles/:role',
    section: 'roles',
    template: 'console_role',
    query: ['after'],
    names: ({ role }, { role_list }) => (role_list as Asked[]).some((one) => one.role === role),
    reads: ({ role, after }) => [read('role_list'), read('role_user_list', page({ role, after }))],
    list: listOf('role_user_list', 'user_id'),
  },
];
