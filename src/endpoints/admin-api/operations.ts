// GENERATED from sql/ by `npm run generate`. Do not edit.

export const operations = [
  {
    "operation": "client_list",
    "method": "GET",
    "path": "/clients",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "search",
        "type": "text",
        "required": false
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "The applications of a tenant by client_id, p_limit of them (1000 at most) after p_after, with p_search in their name or client_id.",
    "page_key": "client_id",
    "columns": [
      {
        "name": "client_id",
        "type": "text",
        "nullable": false
      },
      {
        "name": "name",
        "type": "text",
        "nullable": false
      },
      {
        "name": "token_endpoint_auth_method",
        "type": "text",
        "nullable": false
      },
      {
        "name": "grant_types",
        "type": "text[]",
        "nullable": false
      },
      {
        "name": "scopes",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "registered_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_used_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "client_add",
    "method": "POST",
    "path": "/clients",
    "effect": "empower",
    "made": [
      "secret_hash"
    ],
    "result": "jsonb",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "metadata",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Registers a client; p_metadata by the names of RFC 7591 2 where it has them, and of the columns of pgrant.clients. p_secret_hash is the SHA-256 of a secret made outside. Returns the client.",
    "body": "metadata"
  },
  {
    "operation": "client_show",
    "method": "GET",
    "path": "/clients/{client_id}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      }
    ],
    "description": "All that is known of a client, its secrets by id and expiry only; with a jwks_uri also when that was fetched and what went wrong last."
  },
  {
    "operation": "client_set",
    "method": "PATCH",
    "path": "/clients/{client_id}",
    "effect": "empower",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Changes settings of a client, given as {setting: value} (see setting_list); null takes one back, so that the tenant's is in force. Where its identity changes, people are asked again. Returns the client.",
    "body": "settings"
  },
  {
    "operation": "client_remove",
    "method": "DELETE",
    "path": "/clients/{client_id}",
    "effect": "destroy",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      }
    ],
    "description": "Removes a client with its secrets, grants and tokens. There is no way back."
  },
  {
    "operation": "client_disable",
    "method": "POST",
    "path": "/clients/{client_id}/disable",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a client (its tokens are dead at once, while it is disabled) or enables it again."
  },
  {
    "operation": "client_enable",
    "method": "POST",
    "path": "/clients/{client_id}/enable",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a client (its tokens are dead at once, while it is disabled) or enables it again."
  },
  {
    "operation": "client_revoke",
    "method": "POST",
    "path": "/clients/{client_id}/revoke",
    "effect": "destroy",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      }
    ],
    "description": "Revokes what people allowed a client, p_limit grants with all their tokens, and its own opaque access tokens; its own JWTs are dead where it is disabled. Returns {grants, access_tokens, more: whether there are more grants}."
  },
  {
    "operation": "client_secret_add",
    "method": "POST",
    "path": "/clients/{client_id}/secrets",
    "effect": "empower",
    "made": [
      "secret_hash"
    ],
    "result": "uuid",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "lifetime",
        "type": "integer",
        "required": false
      },
      {
        "name": "retire_others_after",
        "type": "integer",
        "required": false
      }
    ],
    "description": "Adds a live secret to a client: p_lifetime in seconds (null = no expiry), the others expire after p_retire_others_after seconds (null = they stay). Returns its id."
  },
  {
    "operation": "client_secret_remove",
    "method": "DELETE",
    "path": "/clients/{client_id}/secrets/{secret_id}",
    "effect": "destroy",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "secret_id",
        "type": "uuid",
        "required": true
      }
    ],
    "description": "Removes a secret of a client at once."
  },
  {
    "operation": "developer_client_list",
    "method": "GET",
    "path": "/developer-clients",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "waiting",
        "type": "boolean",
        "required": false
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "The applications that developers brought, by client_id, p_limit of them (1000 at most) after p_after; p_waiting = those that wait for a review.",
    "page_key": "client_id",
    "columns": [
      {
        "name": "client_id",
        "type": "text",
        "nullable": false
      },
      {
        "name": "name",
        "type": "text",
        "nullable": false
      },
      {
        "name": "kind",
        "type": "text",
        "nullable": false
      },
      {
        "name": "state",
        "type": "text",
        "nullable": false
      },
      {
        "name": "username",
        "type": "text",
        "nullable": false
      },
      {
        "name": "submitted_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": false
      }
    ]
  },
  {
    "operation": "developer_client_show",
    "method": "GET",
    "path": "/developer-clients/{client_id}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      }
    ],
    "description": "An application that a developer brought: what is in force, what is proposed instead, who (username) and what was said (messages, the youngest first)."
  },
  {
    "operation": "developer_client_approve",
    "method": "POST",
    "path": "/developer-clients/{client_id}/approve",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "message",
        "type": "text",
        "required": false
      },
      {
        "name": "submitted_at",
        "type": "timestamp with time zone",
        "required": false
      }
    ],
    "description": "Approves an application that is in review, or what is proposed for one: from now on it is in force, for everybody. p_submitted_at is what was looked at (submitted_at of developer_client_show; null = whatever is there): what was submitted since is not approved."
  },
  {
    "operation": "developer_client_return",
    "method": "POST",
    "path": "/developer-clients/{client_id}/return",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "message",
        "type": "text",
        "required": true
      }
    ],
    "description": "Returns what is in review to its developer, who may change it and submit it again."
  },
  {
    "operation": "developer_client_suspend",
    "method": "POST",
    "path": "/developer-clients/{client_id}/suspend",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "message",
        "type": "text",
        "required": false
      }
    ],
    "description": "Suspends an application that a developer brought, as client_disable does (its tokens are dead at once), or lets it work again."
  },
  {
    "operation": "developer_client_resume",
    "method": "POST",
    "path": "/developer-clients/{client_id}/resume",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "message",
        "type": "text",
        "required": false
      }
    ],
    "description": "Suspends an application that a developer brought, as client_disable does (its tokens are dead at once), or lets it work again."
  },
  {
    "operation": "scope_refusal_list",
    "method": "GET",
    "path": "/scope-refusals",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "What the clients of a tenant asked for in vain: how often, since when, and why.",
    "columns": [
      {
        "name": "client_id",
        "type": "text",
        "nullable": true
      },
      {
        "name": "client_name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "scope",
        "type": "text",
        "nullable": true
      },
      {
        "name": "reason",
        "type": "text",
        "nullable": true
      },
      {
        "name": "refused",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "first_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_username",
        "type": "text",
        "nullable": true
      }
    ]
  },
  {
    "operation": "user_list",
    "method": "GET",
    "path": "/users",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "search",
        "type": "text",
        "required": false
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "The people of a tenant by username, p_limit of them (1000 at most) after p_after, whose username begins with p_search.",
    "page_key": "username",
    "columns": [
      {
        "name": "user_id",
        "type": "uuid",
        "nullable": false
      },
      {
        "name": "username",
        "type": "text",
        "nullable": false
      },
      {
        "name": "name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "email",
        "type": "text",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "user_add",
    "method": "POST",
    "path": "/users",
    "effect": "empower",
    "made": [
      "password_salt",
      "password_params",
      "password_hash"
    ],
    "result": "uuid",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "claims",
        "type": "jsonb",
        "required": false
      }
    ],
    "description": "Adds a person; p_claims as in OpenID Connect Core 5.1; the password as derived outside (Argon2id, then SHA-256), or none. Returns the user_id, which is the sub.",
    "body": "claims"
  },
  {
    "operation": "user_show",
    "method": "GET",
    "path": "/users/{username}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "A person: user_id (the sub), username, subject (what the product calls them), claims, and whether there is a password."
  },
  {
    "operation": "user_set",
    "method": "PATCH",
    "path": "/users/{username}",
    "effect": "empower",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Changes a person, given as {setting: value}: username, subject (what the product calls them), claims as a whole, or standard claims (OpenID Connect Core 5.1) one by one, of which null or an empty text takes one away. A new e-mail address or telephone number is not verified unless the same call says so. Sessions and tokens live on. Returns the person.",
    "body": "settings"
  },
  {
    "operation": "user_remove",
    "method": "DELETE",
    "path": "/users/{username}",
    "effect": "destroy",
    "made": [],
    "result": "uuid",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Removes a person with sessions, grants, tokens, roles, accounts elsewhere and the API credentials that they made. There is no way back. The record keeps the user_id, and where the history had the username it has the user_id. Returns that, of which user_rows() proves the rest."
  },
  {
    "operation": "user_disable",
    "method": "POST",
    "path": "/users/{username}/disable",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a person, ending sessions and revoking tokens in the same transaction, or enables them again."
  },
  {
    "operation": "user_enable",
    "method": "POST",
    "path": "/users/{username}/enable",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a person, ending sessions and revoking tokens in the same transaction, or enables them again."
  },
  {
    "operation": "user_sign_out",
    "method": "POST",
    "path": "/users/{username}/sign-out",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Ends the sessions of a person as a logout does: with the tokens that hang on them, and telling the clients."
  },
  {
    "operation": "user_session_list",
    "method": "GET",
    "path": "/users/{username}/sessions",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "Where a person is signed in, the youngest sign-in first, p_limit of them (1000 at most) after p_after, a cursor of the page before: when, how (RFC 8176), from which address, and what the browser called itself.",
    "page_key": "cursor",
    "columns": [
      {
        "name": "session_id",
        "type": "uuid",
        "nullable": false
      },
      {
        "name": "auth_time",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "last_seen_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "expires_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "amr",
        "type": "text[]",
        "nullable": false
      },
      {
        "name": "address",
        "type": "inet",
        "nullable": true
      },
      {
        "name": "user_agent",
        "type": "text",
        "nullable": true
      },
      {
        "name": "cursor",
        "type": "text",
        "nullable": false
      }
    ]
  },
  {
    "operation": "second_factor_list",
    "method": "GET",
    "path": "/users/{username}/second-factors",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "The second factors of a person: kind totp, passkey or recovery codes.",
    "columns": [
      {
        "name": "kind",
        "type": "text",
        "nullable": false
      },
      {
        "name": "name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "last_used_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "note",
        "type": "text",
        "nullable": true
      }
    ]
  },
  {
    "operation": "second_factor_remove",
    "method": "DELETE",
    "path": "/users/{username}/second-factors",
    "effect": "destroy",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Removes all second factors of a person who has lost theirs, and ends their sessions: the password is enough, or sets up a new factor where one is required."
  },
  {
    "operation": "user_role_list",
    "method": "GET",
    "path": "/users/{username}/roles",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "The roles that a person has: directly, and through which groups.",
    "columns": [
      {
        "name": "role",
        "type": "text",
        "nullable": true
      },
      {
        "name": "title",
        "type": "text",
        "nullable": true
      },
      {
        "name": "direct",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "groups",
        "type": "text[]",
        "nullable": true
      }
    ]
  },
  {
    "operation": "role_assign",
    "method": "PUT",
    "path": "/users/{username}/roles/{role}",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "role",
        "type": "text",
        "required": true
      }
    ],
    "description": "Gives a person a role; repeating it changes nothing."
  },
  {
    "operation": "role_withdraw",
    "method": "DELETE",
    "path": "/users/{username}/roles/{role}",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "role",
        "type": "text",
        "required": true
      }
    ],
    "description": "Takes a role that a person has directly, whoever gave it, until the product's next login says it again; tokens lose the scope at their next refresh, introspection or userinfo."
  },
  {
    "operation": "role_list",
    "method": "GET",
    "path": "/roles",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The roles of a tenant: how many people have each directly (1,000 at most, and whether there are more: more_people), and through which groups.",
    "columns": [
      {
        "name": "role",
        "type": "text",
        "nullable": true
      },
      {
        "name": "title",
        "type": "text",
        "nullable": true
      },
      {
        "name": "description",
        "type": "text",
        "nullable": true
      },
      {
        "name": "icon",
        "type": "text",
        "nullable": true
      },
      {
        "name": "sensitive",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "people",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "more_people",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "groups",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "role_add",
    "method": "POST",
    "path": "/roles",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "role",
        "type": "text",
        "required": true
      },
      {
        "name": "title",
        "type": "text",
        "required": true
      },
      {
        "name": "description",
        "type": "text",
        "required": false
      },
      {
        "name": "icon",
        "type": "text",
        "required": false
      },
      {
        "name": "sensitive",
        "type": "boolean",
        "required": false
      }
    ],
    "description": "Defines a role and with it a scope, in words for people. Clients with a list of scopes need it on theirs."
  },
  {
    "operation": "role_user_list",
    "method": "GET",
    "path": "/roles/{role}/users",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "role",
        "type": "text",
        "required": true
      },
      {
        "name": "after",
        "type": "uuid",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "Who has a role, directly or through which groups, by user_id, p_limit of them (1000 at most) after p_after.",
    "page_key": "user_id",
    "columns": [
      {
        "name": "user_id",
        "type": "uuid",
        "nullable": false
      },
      {
        "name": "username",
        "type": "text",
        "nullable": false
      },
      {
        "name": "name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "direct",
        "type": "boolean",
        "nullable": false
      },
      {
        "name": "groups",
        "type": "text[]",
        "nullable": false
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "role_disable",
    "method": "POST",
    "path": "/roles/{role}/disable",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "role",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a role for everybody, or enables it again."
  },
  {
    "operation": "role_enable",
    "method": "POST",
    "path": "/roles/{role}/enable",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "role",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a role for everybody, or enables it again."
  },
  {
    "operation": "group_list",
    "method": "GET",
    "path": "/groups",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The groups of a tenant, the roles they bring and how many people are in each (1,000 at most, and whether there are more: more_members).",
    "columns": [
      {
        "name": "group_name",
        "type": "text",
        "nullable": false
      },
      {
        "name": "title",
        "type": "text",
        "nullable": false
      },
      {
        "name": "roles",
        "type": "text[]",
        "nullable": false
      },
      {
        "name": "members",
        "type": "bigint",
        "nullable": false
      },
      {
        "name": "more_members",
        "type": "boolean",
        "nullable": false
      }
    ]
  },
  {
    "operation": "group_show",
    "method": "GET",
    "path": "/groups/{group}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "group",
        "type": "text",
        "required": true
      }
    ],
    "description": "A group as group_list has it."
  },
  {
    "operation": "group_set",
    "method": "PUT",
    "path": "/groups/{group}",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "group",
        "type": "text",
        "required": true
      },
      {
        "name": "title",
        "type": "text",
        "required": true
      },
      {
        "name": "roles",
        "type": "text[]",
        "required": true
      }
    ],
    "description": "Makes a group or changes its title and roles."
  },
  {
    "operation": "group_member_add",
    "method": "PUT",
    "path": "/groups/{group}/members/{username}",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "group",
        "type": "text",
        "required": true
      },
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Puts a person into a group or takes them out; what an upstream says of them is not touched."
  },
  {
    "operation": "group_member_remove",
    "method": "DELETE",
    "path": "/groups/{group}/members/{username}",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "group",
        "type": "text",
        "required": true
      },
      {
        "name": "username",
        "type": "text",
        "required": true
      }
    ],
    "description": "Puts a person into a group or takes them out; what an upstream says of them is not touched."
  },
  {
    "operation": "scope_list",
    "method": "GET",
    "path": "/scopes",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The scopes of a tenant, and whether developers may ask for each; texts: {language: {title, description}}, those of other languages.",
    "columns": [
      {
        "name": "scope",
        "type": "text",
        "nullable": false
      },
      {
        "name": "title",
        "type": "text",
        "nullable": false
      },
      {
        "name": "description",
        "type": "text",
        "nullable": false
      },
      {
        "name": "sensitive",
        "type": "boolean",
        "nullable": false
      },
      {
        "name": "for_developers",
        "type": "boolean",
        "nullable": false
      },
      {
        "name": "texts",
        "type": "jsonb",
        "nullable": false
      }
    ]
  },
  {
    "operation": "scope_add",
    "method": "POST",
    "path": "/scopes",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "scope",
        "type": "text",
        "required": true
      },
      {
        "name": "title",
        "type": "text",
        "required": true
      },
      {
        "name": "description",
        "type": "text",
        "required": false
      },
      {
        "name": "sensitive",
        "type": "boolean",
        "required": false
      }
    ],
    "description": "Defines a scope in words for people."
  },
  {
    "operation": "scope_show",
    "method": "GET",
    "path": "/scopes/{scope}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "scope",
        "type": "text",
        "required": true
      }
    ],
    "description": "A scope as scope_list has it."
  },
  {
    "operation": "scope_set",
    "method": "PATCH",
    "path": "/scopes/{scope}",
    "effect": "empower",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "scope",
        "type": "text",
        "required": true
      },
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Changes the words of a scope or role, given as {title, description, sensitive, for_developers (null = where it is neither sensitive nor a role)} and, for people who read another language, {\"title#es\", \"description#es\"}; the others stay. An empty title takes the text of a language back. Returns {scope, title, description, sensitive, for_developers, texts}.",
    "body": "settings"
  },
  {
    "operation": "resource_list",
    "method": "GET",
    "path": "/resources",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The resources of a tenant.",
    "columns": [
      {
        "name": "resource",
        "type": "text",
        "nullable": true
      },
      {
        "name": "title",
        "type": "text",
        "nullable": true
      },
      {
        "name": "scopes",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "access_token_format",
        "type": "text",
        "nullable": true
      },
      {
        "name": "access_token_alg",
        "type": "text",
        "nullable": true
      },
      {
        "name": "access_token_typ",
        "type": "text",
        "nullable": true
      },
      {
        "name": "access_token_lifetime",
        "type": "integer",
        "nullable": true
      },
      {
        "name": "audiences",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "access_token_scope",
        "type": "text",
        "nullable": true
      },
      {
        "name": "access_token_claims",
        "type": "jsonb",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "resource_add",
    "method": "POST",
    "path": "/resources",
    "effect": "empower",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "resource",
        "type": "text",
        "required": true
      },
      {
        "name": "title",
        "type": "text",
        "required": true
      },
      {
        "name": "scopes",
        "type": "text[]",
        "required": false
      },
      {
        "name": "access_token_format",
        "type": "text",
        "required": false
      },
      {
        "name": "access_token_lifetime",
        "type": "integer",
        "required": false
      },
      {
        "name": "access_token_alg",
        "type": "text",
        "required": false
      },
      {
        "name": "access_token_typ",
        "type": "text",
        "required": false
      },
      {
        "name": "audiences",
        "type": "text[]",
        "required": false
      },
      {
        "name": "access_token_scope",
        "type": "text",
        "required": false
      },
      {
        "name": "access_token_claims",
        "type": "jsonb",
        "required": false
      }
    ],
    "description": "Registers a resource (RFC 8707) or changes it; from the first one on, clients may name registered resources only. p_scopes null = all; what is null of access tokens is the client's, or else the tenant's; p_access_token_claims is {name: text with one {claim} in it}. p_replace false = only where there is none. Returns it, its URI in the form in which it is compared and becomes aud."
  },
  {
    "operation": "resource_show",
    "method": "GET",
    "path": "/resources/{resource}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "resource",
        "type": "text",
        "required": true
      }
    ],
    "description": "A resource as resource_list has it."
  },
  {
    "operation": "resource_set",
    "method": "PUT",
    "path": "/resources/{resource}",
    "effect": "empower",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "resource",
        "type": "text",
        "required": true
      },
      {
        "name": "title",
        "type": "text",
        "required": true
      },
      {
        "name": "scopes",
        "type": "text[]",
        "required": false
      },
      {
        "name": "access_token_format",
        "type": "text",
        "required": false
      },
      {
        "name": "access_token_lifetime",
        "type": "integer",
        "required": false
      },
      {
        "name": "access_token_alg",
        "type": "text",
        "required": false
      },
      {
        "name": "access_token_typ",
        "type": "text",
        "required": false
      },
      {
        "name": "audiences",
        "type": "text[]",
        "required": false
      },
      {
        "name": "access_token_scope",
        "type": "text",
        "required": false
      },
      {
        "name": "access_token_claims",
        "type": "jsonb",
        "required": false
      }
    ],
    "description": "Registers a resource (RFC 8707) or changes it; from the first one on, clients may name registered resources only. p_scopes null = all; what is null of access tokens is the client's, or else the tenant's; p_access_token_claims is {name: text with one {claim} in it}. p_replace false = only where there is none. Returns it, its URI in the form in which it is compared and becomes aud."
  },
  {
    "operation": "resource_remove",
    "method": "DELETE",
    "path": "/resources/{resource}",
    "effect": "destroy",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "resource",
        "type": "text",
        "required": true
      }
    ],
    "description": "Removes a resource: no more tokens for it, and none at refresh."
  },
  {
    "operation": "credential_list",
    "method": "GET",
    "path": "/credentials",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": false
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "The API credentials of a tenant or a person, p_limit of them (null = all) after the client_id p_after: what each may do at most, what is effective now, when it was used last.",
    "page_key": "client_id",
    "columns": [
      {
        "name": "client_id",
        "type": "text",
        "nullable": true
      },
      {
        "name": "name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "username",
        "type": "text",
        "nullable": true
      },
      {
        "name": "permissions",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "effective",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "allowed_networks",
        "type": "cidr[]",
        "nullable": true
      },
      {
        "name": "live_secrets",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "next_expiry",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_used_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "credential_add",
    "method": "POST",
    "path": "/credentials",
    "effect": "empower",
    "made": [
      "secret_hash"
    ],
    "result": "text",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "name",
        "type": "text",
        "required": true
      },
      {
        "name": "permissions",
        "type": "text[]",
        "required": true
      },
      {
        "name": "lifetime",
        "type": "integer",
        "required": false
      },
      {
        "name": "allowed_networks",
        "type": "cidr[]",
        "required": false
      },
      {
        "name": "default_resource",
        "type": "text",
        "required": false
      }
    ],
    "description": "Makes an API credential for a person: never more than the roles that they hold, checked here and again at each use. p_lifetime in seconds, null = no expiry. p_default_resource is the aud of its key, null = the tenant's own. Returns its client_id. More secrets: client_secret_add."
  },
  {
    "operation": "webhook_list",
    "method": "GET",
    "path": "/webhooks",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The webhooks of a tenant: what is pending, since when (the oldest event), what has been given up, when one of the 100 youngest that were delivered was last.",
    "columns": [
      {
        "name": "name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "url",
        "type": "text",
        "nullable": true
      },
      {
        "name": "event_types",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "pending",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "dead",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "oldest_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_delivered_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "paused_until",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "disabled_reason",
        "type": "text",
        "nullable": true
      }
    ]
  },
  {
    "operation": "webhook_add",
    "method": "POST",
    "path": "/webhooks",
    "effect": "empower",
    "made": [
      "sealed_secret"
    ],
    "result": "jsonb",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      },
      {
        "name": "url",
        "type": "text",
        "required": true
      },
      {
        "name": "event_types",
        "type": "text[]",
        "required": false
      }
    ],
    "description": "Has the events of a tenant (p_event_types, null = all) sent to a URL from now on, signed with a secret that was made and sealed outside. A tenant has 100 at most. Returns the webhook."
  },
  {
    "operation": "webhook_show",
    "method": "GET",
    "path": "/webhooks/{name}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "All that is known of a webhook but its secrets."
  },
  {
    "operation": "webhook_set",
    "method": "PATCH",
    "path": "/webhooks/{name}",
    "effect": "empower",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      },
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Changes settings of a webhook, given as {setting: value}: url (what is pending goes there, too), event_types (null = all), dead_letter_lifetime in seconds. Returns the webhook.",
    "body": "settings"
  },
  {
    "operation": "webhook_remove",
    "method": "DELETE",
    "path": "/webhooks/{name}",
    "effect": "destroy",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "Removes a webhook with all that is pending, dead or logged for it. There is no way back."
  },
  {
    "operation": "webhook_disable",
    "method": "POST",
    "path": "/webhooks/{name}/disable",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a webhook (no event is kept for it any more; what was pending is given up) or enables it again."
  },
  {
    "operation": "webhook_enable",
    "method": "POST",
    "path": "/webhooks/{name}/enable",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables a webhook (no event is kept for it any more; what was pending is given up) or enables it again."
  },
  {
    "operation": "webhook_secret",
    "method": "POST",
    "path": "/webhooks/{name}/secret",
    "effect": "empower",
    "made": [
      "sealed_secret"
    ],
    "result": "timestamp with time zone",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      },
      {
        "name": "overlap",
        "type": "integer",
        "required": false
      }
    ],
    "description": "Replaces the secret of a webhook by one that was made and sealed outside; for p_overlap seconds requests are signed with both. Returns until when."
  },
  {
    "operation": "webhook_test",
    "method": "POST",
    "path": "/webhooks/{webhook}/test",
    "effect": "change",
    "made": [],
    "result": "uuid",
    "arguments": [
      {
        "name": "webhook",
        "type": "text",
        "required": true
      }
    ],
    "description": "Queues an event of type webhook.test for one webhook, whatever types it asks for. Returns its event_id."
  },
  {
    "operation": "webhook_resend",
    "method": "POST",
    "path": "/webhooks/{webhook}/resend",
    "effect": "change",
    "made": [],
    "result": "bigint",
    "arguments": [
      {
        "name": "webhook",
        "type": "text",
        "required": true
      },
      {
        "name": "event_id",
        "type": "uuid",
        "required": false
      }
    ],
    "description": "Sends again, under the same webhook-id: one event of a webhook, delivered or not, or with p_event_id null all that was given up. Returns how many."
  },
  {
    "operation": "delivery_list",
    "method": "GET",
    "path": "/webhooks/{webhook}/deliveries",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "webhook",
        "type": "text",
        "required": false
      },
      {
        "name": "state",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      }
    ],
    "description": "The newest p_limit events of the outbox after p_after, a cursor of the page before, of one webhook or state (pending, delivered, dead) where given, with each attempt: {at, status, error, ms}.",
    "page_key": "cursor",
    "columns": [
      {
        "name": "event_id",
        "type": "uuid",
        "nullable": true
      },
      {
        "name": "webhook",
        "type": "text",
        "nullable": true
      },
      {
        "name": "type",
        "type": "text",
        "nullable": true
      },
      {
        "name": "occurred_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "state",
        "type": "text",
        "nullable": true
      },
      {
        "name": "attempts",
        "type": "integer",
        "nullable": true
      },
      {
        "name": "next_attempt_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_status",
        "type": "integer",
        "nullable": true
      },
      {
        "name": "last_error",
        "type": "text",
        "nullable": true
      },
      {
        "name": "finished_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "data",
        "type": "jsonb",
        "nullable": true
      },
      {
        "name": "attempt_log",
        "type": "jsonb",
        "nullable": true
      },
      {
        "name": "cursor",
        "type": "text",
        "nullable": true
      }
    ]
  },
  {
    "operation": "upstream_list",
    "method": "GET",
    "path": "/identity-providers",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The upstreams of a tenant, with how many accounts each has, and of how many the last recheck got no answer.",
    "columns": [
      {
        "name": "name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "kind",
        "type": "text",
        "nullable": true
      },
      {
        "name": "title",
        "type": "text",
        "nullable": true
      },
      {
        "name": "just_in_time",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "accounts",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "unanswered",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "disabled_at",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "upstream_add",
    "method": "POST",
    "path": "/identity-providers",
    "effect": "empower",
    "made": [
      "sealed_secrets"
    ],
    "result": "jsonb",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      },
      {
        "name": "kind",
        "type": "text",
        "required": true
      },
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Adds an upstream of kind oidc, oauth2 or discord; p_settings by the columns of pgrant.upstreams; p_sealed_secrets as sealed outside. Returns it.",
    "body": "settings"
  },
  {
    "operation": "upstream_show",
    "method": "GET",
    "path": "/identity-providers/{name}",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "All that is known of an upstream but its secrets."
  },
  {
    "operation": "upstream_set",
    "method": "PATCH",
    "path": "/identity-providers/{name}",
    "effect": "empower",
    "made": [
      "sealed_secrets"
    ],
    "result": "jsonb",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      },
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Changes settings of an upstream, given as {column: value}; its people are checked again at once. Another server (issuer, token_endpoint, userinfo_endpoint) needs its secrets given anew, and takes no accounts over (see upstream_move_check). Returns it.",
    "body": "settings"
  },
  {
    "operation": "upstream_remove",
    "method": "DELETE",
    "path": "/identity-providers/{name}",
    "effect": "destroy",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "Removes an upstream with its accounts and the memberships that it gave; the users stay."
  },
  {
    "operation": "upstream_disable",
    "method": "POST",
    "path": "/identity-providers/{name}/disable",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables an upstream, with every group membership that it gave, or enables it again."
  },
  {
    "operation": "upstream_enable",
    "method": "POST",
    "path": "/identity-providers/{name}/enable",
    "effect": "empower",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "name",
        "type": "text",
        "required": true
      }
    ],
    "description": "Disables an upstream, with every group membership that it gave, or enables it again."
  },
  {
    "operation": "key_list",
    "method": "GET",
    "path": "/keys",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [],
    "description": "The signing keys of a tenant: published (not signing yet), active, or retired (still published for what it signed); each with what the JWK set says of it.",
    "columns": [
      {
        "name": "kid",
        "type": "text",
        "nullable": false
      },
      {
        "name": "alg",
        "type": "text",
        "nullable": false
      },
      {
        "name": "state",
        "type": "text",
        "nullable": false
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "active_at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "expires_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "public_jwk",
        "type": "jsonb",
        "nullable": false
      }
    ]
  },
  {
    "operation": "key_add",
    "method": "POST",
    "path": "/keys",
    "effect": "destroy",
    "made": [
      "kid",
      "public_jwk",
      "sealed_private"
    ],
    "result": "timestamp with time zone",
    "arguments": [
      {
        "name": "alg",
        "type": "text",
        "required": true
      }
    ],
    "description": "Publishes a signing key, to become active after key_publish_lead (at once where there is none). Returns when, or null where one is waiting already or, with p_if_due, none is due: two workers add one."
  },
  {
    "operation": "settings_show",
    "method": "GET",
    "path": "/settings",
    "effect": "read",
    "made": [],
    "result": "jsonb",
    "arguments": [],
    "description": "The settings of a tenant; lifetimes in seconds."
  },
  {
    "operation": "logo_list",
    "method": "GET",
    "path": "/logos",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "own",
        "type": "boolean",
        "required": false
      }
    ],
    "description": "The logos that the tenant and its clients name, with p_own that of the tenant alone: when the copy was fetched, what it is (size in bytes), and why the last fetch gave none.",
    "columns": [
      {
        "name": "logo_uri",
        "type": "text",
        "nullable": false
      },
      {
        "name": "fetched_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "check_after",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "media_type",
        "type": "text",
        "nullable": true
      },
      {
        "name": "size",
        "type": "integer",
        "nullable": true
      },
      {
        "name": "last_error",
        "type": "text",
        "nullable": true
      }
    ]
  },
  {
    "operation": "settings_set",
    "method": "PATCH",
    "path": "/settings",
    "effect": "change",
    "made": [],
    "result": "jsonb",
    "arguments": [
      {
        "name": "settings",
        "type": "jsonb",
        "required": true
      }
    ],
    "description": "Changes settings of a tenant, given as {setting: value} (see setting_list); preset stands for several (tenant_presets). The others stay, null takes one back. Returns all settings.",
    "body": "settings"
  },
  {
    "operation": "grant_list",
    "method": "GET",
    "path": "/grants",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": false
      },
      {
        "name": "client_id",
        "type": "text",
        "required": false
      },
      {
        "name": "after",
        "type": "uuid",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "The live grants of a tenant, of one person or client where given, p_limit of them after grant_id p_after; with live refresh tokens and replays.",
    "page_key": "grant_id",
    "columns": [
      {
        "name": "grant_id",
        "type": "uuid",
        "nullable": true
      },
      {
        "name": "username",
        "type": "text",
        "nullable": true
      },
      {
        "name": "client_id",
        "type": "text",
        "nullable": true
      },
      {
        "name": "scopes",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "created_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "consented_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "consent_expires_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "last_used_at",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "refresh_tokens",
        "type": "bigint",
        "nullable": true
      },
      {
        "name": "replays",
        "type": "bigint",
        "nullable": true
      }
    ]
  },
  {
    "operation": "grant_revoke",
    "method": "DELETE",
    "path": "/grants/{grant_id}",
    "effect": "change",
    "made": [],
    "result": "void",
    "arguments": [
      {
        "name": "grant_id",
        "type": "uuid",
        "required": true
      }
    ],
    "description": "Revokes a grant with every token that hangs on it."
  },
  {
    "operation": "token_explain",
    "method": "GET",
    "path": "/clients/{client_id}/explain/{username}",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "username",
        "type": "text",
        "required": true
      },
      {
        "name": "client_id",
        "type": "text",
        "required": true
      },
      {
        "name": "scopes",
        "type": "text[]",
        "required": true
      }
    ],
    "description": "For each requested scope: registered for the client, consented to by the person, role held (null = none is needed), final, and why. Works before any token exists.",
    "columns": [
      {
        "name": "scope",
        "type": "text",
        "nullable": true
      },
      {
        "name": "registered",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "consented",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "held",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "final",
        "type": "boolean",
        "nullable": true
      },
      {
        "name": "reason",
        "type": "text",
        "nullable": true
      }
    ]
  },
  {
    "operation": "access_list",
    "method": "GET",
    "path": "/access/{what}",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "what",
        "type": "text",
        "required": true
      },
      {
        "name": "at",
        "type": "timestamp with time zone",
        "required": false
      },
      {
        "name": "username",
        "type": "text",
        "required": false
      },
      {
        "name": "client_id",
        "type": "text",
        "required": false
      },
      {
        "name": "after",
        "type": "uuid",
        "required": false
      },
      {
        "name": "after_client",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "pgrant_report.who_could_access for one tenant; p_at null = now.",
    "page_key": "grant_id client_id",
    "columns": [
      {
        "name": "username",
        "type": "text",
        "nullable": true
      },
      {
        "name": "client_id",
        "type": "text",
        "nullable": true
      },
      {
        "name": "client_name",
        "type": "text",
        "nullable": true
      },
      {
        "name": "grant_id",
        "type": "uuid",
        "nullable": true
      },
      {
        "name": "scopes",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "through",
        "type": "text[]",
        "nullable": true
      },
      {
        "name": "since",
        "type": "timestamp with time zone",
        "nullable": true
      },
      {
        "name": "until",
        "type": "timestamp with time zone",
        "nullable": true
      }
    ]
  },
  {
    "operation": "audit_list",
    "method": "GET",
    "path": "/audit",
    "effect": "read",
    "made": [],
    "result": "record",
    "arguments": [
      {
        "name": "action",
        "type": "text",
        "required": false
      },
      {
        "name": "client_id",
        "type": "text",
        "required": false
      },
      {
        "name": "username",
        "type": "text",
        "required": false
      },
      {
        "name": "refused",
        "type": "boolean",
        "required": false
      },
      {
        "name": "since",
        "type": "timestamp with time zone",
        "required": false
      },
      {
        "name": "until",
        "type": "timestamp with time zone",
        "required": false
      },
      {
        "name": "after",
        "type": "text",
        "required": false
      },
      {
        "name": "limit",
        "type": "integer",
        "required": false
      }
    ],
    "description": "The audit of a tenant, youngest first, p_limit events (1000 at most) after p_after, a cursor of the page before: actions that begin with p_action, of a client or a person, refused or granted, from p_since to p_until. actor is there where an operator or admin decided.",
    "page_key": "cursor",
    "columns": [
      {
        "name": "at",
        "type": "timestamp with time zone",
        "nullable": false
      },
      {
        "name": "event_id",
        "type": "uuid",
        "nullable": false
      },
      {
        "name": "action",
        "type": "text",
        "nullable": false
      },
      {
        "name": "error",
        "type": "text",
        "nullable": true
      },
      {
        "name": "reason",
        "type": "text",
        "nullable": true
      },
      {
        "name": "client_id",
        "type": "text",
        "nullable": true
      },
      {
        "name": "user_id",
        "type": "uuid",
        "nullable": true
      },
      {
        "name": "username",
        "type": "text",
        "nullable": true
      },
      {
        "name": "grant_id",
        "type": "uuid",
        "nullable": true
      },
      {
        "name": "address",
        "type": "inet",
        "nullable": true
      },
      {
        "name": "request_id",
        "type": "text",
        "nullable": true
      },
      {
        "name": "detail",
        "type": "jsonb",
        "nullable": true
      },
      {
        "name": "actor",
        "type": "jsonb",
        "nullable": true
      },
      {
        "name": "cursor",
        "type": "text",
        "nullable": false
      }
    ]
  }
] as const;

/** What an operation shows of a table. */
export const records = {
  "client": [
    {
      "name": "access_token_alg",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "How access tokens are signed; null = as the tenant says.",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519"
    },
    {
      "name": "access_token_format",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "jwt = a signed token (RFC 9068); opaque = one that is introspected; null = the tenant's.",
      "choices": [
        "jwt",
        "opaque"
      ],
      "good": "jwt or opaque"
    },
    {
      "name": "access_token_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "For so long an access token is good; null = the tenant's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 86400"
    },
    {
      "name": "allowed_networks",
      "type": "cidr[]",
      "nullable": true,
      "is_setting": false,
      "meaning": "From where the client may authenticate; null = from anywhere.",
      "good": "a list of networks such as 192.0.2.0/24"
    },
    {
      "name": "allowed_origins",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Web origins whose programs may read what the token endpoint and its neighbours answer (CORS), besides those of redirect_uris.",
      "good": "a list of web origins as browsers write them: scheme, host and port, without a path",
      "default": []
    },
    {
      "name": "application_type",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "native = runs on the person's device (RFC 8252).",
      "choices": [
        "web",
        "native"
      ],
      "good": "web or native",
      "default": "web"
    },
    {
      "name": "assertion_audience",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Whom this client's assertions have to name; null = as the tenant says.",
      "choices": [
        "issuer",
        "token_endpoint"
      ],
      "good": "issuer or token_endpoint"
    },
    {
      "name": "assertion_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "For how many seconds from now an assertion of this client may be good at most; null = as the tenant says.",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 86400"
    },
    {
      "name": "authorization_alg",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "How authorization responses are signed where a request asks for that (JARM 3, authorization_signed_response_alg).",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519",
      "default": "RS256"
    },
    {
      "name": "authorization_details_types",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "The types of authorization details that the client may ask for (RFC 9396 10).",
      "good": "a list of at most 50 types",
      "default": []
    },
    {
      "name": "backchannel_logout_session_required",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client needs sid in logout tokens; they have it in any case.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "backchannel_logout_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Where a logout token is sent when a session ends in which the client got an ID token (OpenID Connect Back-Channel Logout 2.2); null = nowhere.",
      "good": "an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment"
    },
    {
      "name": "client_id",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "The client.",
      "good": "1 to 255 visible characters of ASCII; neither . nor .., which no URL can name (RFC 3986 5.2.4)"
    },
    {
      "name": "client_uri",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "Home page of the application.",
      "good": "text"
    },
    {
      "name": "consent",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "remember = asked again only for more or after consent_lifetime; assured = so, where the client authenticates or the redirect URI is https, and each time where any program could be it (RFC 8252 8.6); always = asked each time; never = a first-party client.",
      "choices": [
        "remember",
        "assured",
        "always",
        "never"
      ],
      "good": "remember, assured, always or never",
      "default": "remember"
    },
    {
      "name": "consent_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "For so long a consent is remembered; null = the tenant's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 0 to 1576800000"
    },
    {
      "name": "contacts",
      "type": "text[]",
      "nullable": true,
      "is_setting": false,
      "meaning": "contacts (RFC 7591 2): who answers for it.",
      "good": "a list"
    },
    {
      "name": "created_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "is_setting": false,
      "meaning": "When it was made.",
      "good": "text that is not empty"
    },
    {
      "name": "default_acr_values",
      "type": "text[]",
      "nullable": true,
      "is_setting": false,
      "meaning": "acr_values of requests that do not say (OpenID Connect Registration 2).",
      "good": "a list of at most 50 acr values, each of 1 to 255 visible characters of ASCII without quotation mark and backslash"
    },
    {
      "name": "default_max_age",
      "type": "integer",
      "nullable": true,
      "is_setting": false,
      "meaning": "max_age of requests that do not say (OpenID Connect Registration 2).",
      "good": "a whole number"
    },
    {
      "name": "default_resource",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "What its tokens are for where a request names no resource (RFC 8707), for clients that cannot; null = the tenant's own audience. Of an API credential: the aud of its key.",
      "good": "an absolute URI of at most 512 characters, without fragment"
    },
    {
      "name": "device_codes_together",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether a person who types one of its user codes is shown the other codes that wait for the same from the same address, and may decide them together; whoever shares the address may have one among them.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "disabled_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Since when everything that the client has is refused.",
      "good": "text"
    },
    {
      "name": "document_expires_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Until when the document is fresh; after that it is fetched again before the next authorization request.",
      "good": "text"
    },
    {
      "name": "document_fetched_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Set on a client that came from the document at its client_id: when that was last fetched and good.",
      "good": "text"
    },
    {
      "name": "dpop_bound_access_tokens",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client gets no token without a DPoP proof (RFC 9449 5.2); one that sends a proof gets bound tokens in any case.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "draft",
      "type": "boolean",
      "nullable": false,
      "is_setting": false,
      "meaning": "True until somebody of the tenant has approved what a developer brought: until then it works for that developer alone, and gets no token for itself.",
      "good": "true or false"
    },
    {
      "name": "expires_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Until when a client that registered itself or came from a document lives: an hour where it is never used, then registered_idle_lifetime from each use. Null = for ever.",
      "good": "text"
    },
    {
      "name": "frontchannel_logout_session_required",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client needs iss and sid at that URI; they are there in any case.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "frontchannel_logout_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "What the page that ends such a session loads in a frame (OpenID Connect Front-Channel Logout 2); null = nothing.",
      "good": "an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment"
    },
    {
      "name": "grant_management",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client may name the grants that people have given it, and query, replace and revoke them (Grant Management 5.1); a public client may not.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "grant_types",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "What the client may use at the token endpoint.",
      "choices": [
        "authorization_code",
        "refresh_token",
        "client_credentials",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:token-exchange"
      ],
      "good": "a list of authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code, urn:ietf:params:oauth:grant-type:jwt-bearer, urn:ietf:params:oauth:grant-type:token-exchange",
      "default": [
        "authorization_code",
        "refresh_token"
      ]
    },
    {
      "name": "id_token_alg",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "How ID tokens are signed.",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519",
      "default": "RS256"
    },
    {
      "name": "id_token_claims",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the claims that the scopes ask for are in the ID token too, for clients that never ask userinfo (OpenID Connect Core 5.4).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "id_token_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "For so long an ID token is good; null = the tenant's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 86400"
    },
    {
      "name": "identity_changed_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "is_setting": false,
      "meaning": "When what people decide by last changed: the name, a page, the policy, the logo, a new redirect URI or key, how it authenticates. Consents from before are asked for again.",
      "good": "text that is not empty"
    },
    {
      "name": "initiate_login_uri",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "Where a third party may start a sign-in (OpenID Connect Core 4).",
      "good": "text"
    },
    {
      "name": "introspection_alg",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "How what introspection answers this client is signed (RFC 9701 6, introspection_signed_response_alg); null = it is JSON, unless it asks for a JWT, which RS256 signs.",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519"
    },
    {
      "name": "introspection_audience",
      "type": "text[]",
      "nullable": true,
      "is_setting": true,
      "meaning": "What the client is told of at introspection beside its own tokens: access tokens whose aud has one of these (RFC 7662 4, RFC 9701 5). Null = every access token of the tenant.",
      "good": "a list of 1 to 20 audiences of 1 to 512 characters"
    },
    {
      "name": "jwks",
      "type": "jsonb",
      "nullable": true,
      "is_setting": true,
      "meaning": "JWK set (RFC 7517) with the public keys by which the client signs private_key_jwt.",
      "good": "a JWK set (RFC 7517) of at most 20 public keys in 20 KiB"
    },
    {
      "name": "jwks_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Where that JWK set is instead; https, or http on a loopback host (fetched by a server on a loopback address only).",
      "good": "an https URL (http on a loopback host) of at most 2048 characters"
    },
    {
      "name": "last_used_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "When a client that registered itself last got a token, to the day.",
      "good": "text"
    },
    {
      "name": "left_out",
      "type": "jsonb",
      "nullable": true,
      "is_setting": false,
      "meaning": "Redirect URIs and scopes that it asked for when it registered, or its document, and does not have (RFC 7591 3.2.1): {value: rule}. Told to whoever asks for one of them.",
      "good": "a JSON object: the rule that refuses it, by the value"
    },
    {
      "name": "logo_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Its logo, of which pages show a copy: PNG, JPEG, WebP or GIF of at most 64 KiB, fetched within a minute and then each week; null = none.",
      "good": "an https URL; or http on a loopback host, which a server on a loopback address may fetch"
    },
    {
      "name": "maker_id",
      "type": "uuid",
      "nullable": true,
      "is_setting": false,
      "meaning": "Set on an API credential: the person who made it and whose current roles bound what it may do. Null for applications.",
      "good": "text"
    },
    {
      "name": "name",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "The name that people see at consent.",
      "good": "text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"
    },
    {
      "name": "operator_requires",
      "type": "text[]",
      "nullable": true,
      "is_setting": false,
      "meaning": "Which of its settings that require something an operator has turned on: neither its metadata nor its developer turn them off. null = none.",
      "good": "a list"
    },
    {
      "name": "policy_uri",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "policy_uri (RFC 7591 2): what it does with data.",
      "good": "text"
    },
    {
      "name": "post_logout_redirect_uris",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Where browsers may go after logout.",
      "good": "a list",
      "default": []
    },
    {
      "name": "redirect_uris",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Where codes may be sent.",
      "good": "a list of redirect URIs: https, http on a loopback host, or an application's own scheme (RFC 8252 7); without fragment, credentials or wildcard",
      "default": []
    },
    {
      "name": "refresh_idle_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "A refresh token that is not used for so long dies; null = the tenant's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 157680000"
    },
    {
      "name": "refresh_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "A refresh token and its successors die after so long; null = the tenant's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 157680000"
    },
    {
      "name": "registered",
      "type": "jsonb",
      "nullable": true,
      "is_setting": false,
      "meaning": "Registered metadata that have no column and change nothing here; echoed.",
      "good": "JSON"
    },
    {
      "name": "registered_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Set on a client that registered itself, or came from a document: when.",
      "good": "text"
    },
    {
      "name": "registered_from",
      "type": "cidr",
      "nullable": true,
      "is_setting": false,
      "meaning": "From which address (IPv4) or /64 (IPv6) it registered.",
      "good": "text"
    },
    {
      "name": "replay_window",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "For so long a superseded refresh token gets the same successor again; null = the tenant's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 0 to 600"
    },
    {
      "name": "request_object_signing_alg",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The one alg (RFC 7518 3.1, RFC 9864) by which the client signs request objects; null = any of them.",
      "choices": [
        "ES256",
        "RS256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "ES256, RS256, PS256, EdDSA or Ed25519"
    },
    {
      "name": "request_uris",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Where request objects of the client may be fetched, where the tenant has request_uri_parameter; a fragment is not sent.",
      "good": "a list of at most 20 https URLs (http on a loopback host) of at most 512 characters",
      "default": []
    },
    {
      "name": "requested_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "When a person was last sent here by a client that registered itself, to the day.",
      "good": "text"
    },
    {
      "name": "require_auth_time",
      "type": "boolean",
      "nullable": true,
      "is_setting": false,
      "meaning": "Echoed: auth_time is in every ID token.",
      "good": "true or false"
    },
    {
      "name": "require_pkce",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "False lets a confidential client off PKCE: nothing but its own nonce then tells an injected code (RFC 9700 2.1.1).",
      "good": "true or false",
      "default": true
    },
    {
      "name": "require_pushed_authorization_requests",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client has to push its authorization requests (RFC 9126 6).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "require_signed_request_object",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "scopes",
      "type": "text[]",
      "nullable": true,
      "is_setting": true,
      "meaning": "What the client may ask for; null = every scope of the tenant.",
      "good": "a list"
    },
    {
      "name": "sector_identifier_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Its host is the sector of a pairwise client; null = the host of the redirect URIs, or the client by itself where none is https.",
      "good": "an https URL (http on a loopback host) of at most 2048 characters"
    },
    {
      "name": "security_profile",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "A profile that the client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = the tenant's.",
      "good": "fapi2, the only profile that there is"
    },
    {
      "name": "software_id",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "software_id (RFC 7591 2): the same for each registration of one program.",
      "good": "text"
    },
    {
      "name": "software_version",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "software_version (RFC 7591 2).",
      "good": "text"
    },
    {
      "name": "subject_type",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "public = sub is the user_id; pairwise = it is another one for each sector (OpenID Connect Core 8.1). A change of it changes every sub of the client.",
      "choices": [
        "public",
        "pairwise"
      ],
      "good": "public or pairwise",
      "default": "public"
    },
    {
      "name": "tenant_id",
      "type": "uuid",
      "nullable": false,
      "is_setting": false,
      "meaning": "The tenant.",
      "good": "text that is not empty"
    },
    {
      "name": "third_party",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether somebody else than the tenant answers for the client, such as a developer who brought it: it introspects no tokens but its own (RFC 7662 4).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "tls_client_auth_san_dns",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "With tls_client_auth: a dNSName of its certificate.",
      "good": "text"
    },
    {
      "name": "tls_client_auth_san_email",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "With tls_client_auth: an rfc822Name of its certificate.",
      "good": "text"
    },
    {
      "name": "tls_client_auth_san_ip",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "With tls_client_auth: an iPAddress of its certificate.",
      "good": "text"
    },
    {
      "name": "tls_client_auth_san_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "With tls_client_auth: a uniformResourceIdentifier of its certificate.",
      "good": "text"
    },
    {
      "name": "tls_client_auth_subject_dn",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "With tls_client_auth: the subject of its certificate (RFC 4514), or one of the four below (RFC 8705 2.1.2).",
      "good": "text"
    },
    {
      "name": "tls_client_certificate_bound_access_tokens",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the client's tokens are bound to its certificate (RFC 8705 3.4), without which it gets none.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "token_endpoint_auth_method",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "How the client authenticates; none = a public client.",
      "choices": [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "none"
      ],
      "good": "client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none",
      "default": "client_secret_basic"
    },
    {
      "name": "token_endpoint_auth_signing_alg",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The one alg (RFC 7518 3.1, RFC 9864) by which the client signs private_key_jwt; null = any of them.",
      "choices": [
        "ES256",
        "RS256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "ES256, RS256, PS256, EdDSA or Ed25519"
    },
    {
      "name": "token_rate",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "So many requests a minute the token endpoint takes of the client; of a public client, of each address (IPv4, or IPv6 /64), so that nobody uses it up for others. Null = any number.",
      "good": "between 1 and 1000000"
    },
    {
      "name": "tos_uri",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "tos_uri (RFC 7591 2): its terms of service.",
      "good": "text"
    },
    {
      "name": "userinfo_alg",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "How the claims at userinfo are signed, as a JWT with iss and aud (userinfo_signed_response_alg); null = they are not, and are JSON.",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519"
    }
  ],
  "resource": [
    {
      "name": "access_token_alg",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "What its JWT access tokens are signed by; null = the client's.",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519"
    },
    {
      "name": "access_token_claims",
      "type": "jsonb",
      "nullable": false,
      "is_setting": false,
      "meaning": "Claims of the person in its access tokens and at introspection, as far as the scopes of the token allow: {name: text with one {claim} in it}.",
      "good": "an object"
    },
    {
      "name": "access_token_format",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "Format of its access tokens; null = the client's.",
      "choices": [
        "jwt",
        "opaque"
      ],
      "good": "jwt or opaque"
    },
    {
      "name": "access_token_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": false,
      "meaning": "Lifetime of its access tokens in seconds; null = the client's.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 86400"
    },
    {
      "name": "access_token_scope",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "How its JWT access tokens have scope: a string (RFC 9068 2.2.3), or an array for servers that split none; null = a string.",
      "choices": [
        "string",
        "array"
      ],
      "good": "string or array"
    },
    {
      "name": "access_token_typ",
      "type": "text",
      "nullable": true,
      "is_setting": false,
      "meaning": "typ of its JWT access tokens (RFC 9068 2.1); null = the tenant's.",
      "choices": [
        "at+jwt",
        "JWT"
      ],
      "good": "at+jwt or JWT"
    },
    {
      "name": "audiences",
      "type": "text[]",
      "nullable": false,
      "is_setting": false,
      "meaning": "What else aud has: names that are no URI, for servers that look for one.",
      "good": "a list of at most 10 names of 1 to 255 visible characters of ASCII without colon, quotation mark and backslash"
    },
    {
      "name": "created_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "is_setting": false,
      "meaning": "When it was made.",
      "good": "text that is not empty"
    },
    {
      "name": "resource",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "Absolute URI, in the form in which requests are compared (resource_canonical).",
      "good": "an absolute URI of at most 512 characters, without fragment"
    },
    {
      "name": "scopes",
      "type": "text[]",
      "nullable": true,
      "is_setting": false,
      "meaning": "The roles and scopes that mean something there; null = all. The standard ones of OpenID Connect always pass.",
      "good": "a list"
    },
    {
      "name": "title",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "Its name for people.",
      "good": "text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"
    }
  ],
  "upstream": [
    {
      "name": "authorization_endpoint",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Where browsers are sent to sign in; discovered for kind oidc.",
      "good": "an http or https URL"
    },
    {
      "name": "client_id",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "What the upstream has registered this tenant as.",
      "good": "1 to 255 characters of ASCII"
    },
    {
      "name": "created_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "is_setting": false,
      "meaning": "When it was made.",
      "good": "text that is not empty"
    },
    {
      "name": "disabled_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Since when nobody signs in with it; the memberships that it gave are gone.",
      "good": "text"
    },
    {
      "name": "issuer",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Issuer identifier of an oidc upstream.",
      "good": "an http or https URL"
    },
    {
      "name": "just_in_time",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether an account that nobody has linked makes a new user.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "kind",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "oidc = OpenID Connect provider, found by discovery; oauth2 = plain OAuth 2.0 with an endpoint that tells who the person is; discord = Discord, with its guilds.",
      "choices": [
        "oidc",
        "oauth2",
        "discord"
      ],
      "good": "oidc, oauth2 or discord"
    },
    {
      "name": "name",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "Stands in addresses, and is the source of the group memberships that it gives.",
      "good": "1 to 63 lower-case letters, digits and inner hyphens, and not operator"
    },
    {
      "name": "recheck_interval",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "After so long the worker asks the upstream again about a person; 0 = never.",
      "unit": "seconds",
      "good": "0, or a whole number of seconds from 60 to 31536000",
      "default": 3600
    },
    {
      "name": "scopes",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "What is asked for at the upstream.",
      "good": "a list",
      "default": []
    },
    {
      "name": "settings",
      "type": "jsonb",
      "nullable": false,
      "is_setting": true,
      "meaning": "{claims: {claim of ours: field of theirs}, roles_claim: the field that lists the person's roles there, role_groups: {role there: group here}, subteams: {role there: value of the claim subteams}, guild_id: the Discord guild}.",
      "good": "a JSON object",
      "default": {}
    },
    {
      "name": "tenant_id",
      "type": "uuid",
      "nullable": false,
      "is_setting": false,
      "meaning": "The tenant.",
      "good": "text that is not empty"
    },
    {
      "name": "title",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "What people know it by: Continue with <title>.",
      "good": "text of 1 to 100 characters; text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"
    },
    {
      "name": "token_endpoint",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Where a code is exchanged; discovered for kind oidc.",
      "good": "an http or https URL"
    },
    {
      "name": "token_endpoint_auth_method",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "How this server authenticates there.",
      "choices": [
        "none",
        "client_secret_basic",
        "client_secret_post"
      ],
      "good": "none, client_secret_basic or client_secret_post",
      "default": "client_secret_basic"
    },
    {
      "name": "userinfo_endpoint",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Where an access token is exchanged for a JSON object about the person.",
      "good": "an http or https URL"
    }
  ],
  "settings": [
    {
      "name": "accent_color",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The colour of buttons and links on the pages; in the dark theme it is made as light as it has to be. Null = the colour of pgrant.",
      "good": "a colour such as #2453b8, in lower case, that has a contrast of at least 4.5 to 1 with the light ground of the pages (WCAG 2.2 1.4.3)"
    },
    {
      "name": "access_token_alg",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "What JWT access tokens are signed by (RFC 7518 3.1).",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "RS256, ES256, PS256, EdDSA or Ed25519",
      "default": "ES256"
    },
    {
      "name": "access_token_format",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Of access tokens whose resource and client say nothing else; so are alg and lifetime.",
      "choices": [
        "jwt",
        "opaque"
      ],
      "good": "jwt or opaque",
      "default": "jwt"
    },
    {
      "name": "access_token_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long an access token is good.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 86400",
      "default": 900
    },
    {
      "name": "access_token_typ",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "typ of JWT access tokens (RFC 9068 2.1), unless their resource says otherwise; JWT is for resource servers that refuse at+jwt.",
      "choices": [
        "at+jwt",
        "JWT"
      ],
      "good": "at+jwt or JWT",
      "default": "at+jwt"
    },
    {
      "name": "account_deletion",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether people may delete their account themselves; where it is off they are told to ask whoever runs the service.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "acr_values_supported",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "The acr that sign-ins here can have, as the metadata say (acr_values_supported): 1 = a password that pgrant asked for; 2, two factors, comes with second_factor by itself; the others are those of your own login page. Somebody who signed in with none of the acr_values that a request asks for signs in once more where one of them is here.",
      "good": "a list of at most 50 acr values, each of 1 to 255 visible characters of ASCII without quotation mark and backslash",
      "default": [
        "1"
      ]
    },
    {
      "name": "assertion_audience",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "The aud of private_key_jwt, of clients that registered themselves too: issuer = the issuer alone (RFC 10070); token_endpoint = the URL of the token endpoint will do as well.",
      "choices": [
        "issuer",
        "token_endpoint"
      ],
      "good": "issuer or token_endpoint",
      "default": "issuer"
    },
    {
      "name": "assertion_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For how many seconds from now an assertion may be good at most; its jti is remembered for as long.",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 86400",
      "default": 600
    },
    {
      "name": "audience",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The aud of access tokens (RFC 9068 3); null = the issuer.",
      "good": "text of 1 to 512 characters"
    },
    {
      "name": "authorization_rate",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "Sign-ins that one address may begin in a minute.",
      "good": "a whole number from 1 to 1000000",
      "default": 600
    },
    {
      "name": "bearer_assertion_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "An assertion that is a grant (RFC 7523 2.1) and has no jti is good for so long at most, for whoever sees it can present it again; 0 = it has to have a jti.",
      "unit": "seconds",
      "good": "a whole number of seconds from 0 to 600",
      "default": 300
    },
    {
      "name": "claims_function",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The function schema.name in a schema of your own that adds claims to those that pgrant has; null = none.",
      "good": "a function as schema.name, in lower case, in a schema that is not one of pgrant or PostgreSQL"
    },
    {
      "name": "claims_function_targets",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Where its claims are: userinfo, ID tokens, access tokens (JWTs, and what introspection says of any).",
      "choices": [
        "userinfo",
        "id_token",
        "access_token"
      ],
      "good": "a list of userinfo, id_token, access_token",
      "default": [
        "userinfo"
      ]
    },
    {
      "name": "client_document_hosts",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "With client_documents listed: the hosts that may publish clients; *.example.com = every host below example.com.",
      "good": "a list of host names in lower case, such as [\"claude.ai\", \"*.example.com\"]",
      "default": []
    },
    {
      "name": "client_document_quota",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "How many clients may live at once that came from a document.",
      "good": "a whole number from 0 to 1000000",
      "default": 1000
    },
    {
      "name": "client_document_rate",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For how many authorization requests in an hour a document is fetched, per address (IPv4) or /64 (IPv6) that sends them.",
      "good": "a whole number from 1 to 1000000",
      "default": 120
    },
    {
      "name": "client_document_refused_hosts",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "The hosts that may not publish clients, whatever else is set; *.example.com = every host below example.com.",
      "good": "a list of host names in lower case, such as [\"evil.example\"]",
      "default": []
    },
    {
      "name": "client_documents",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whose client metadata documents are taken: nobody's (closed), those of client_document_hosts (listed), everybody's (open).",
      "choices": [
        "closed",
        "listed",
        "open"
      ],
      "good": "closed, listed or open",
      "default": "closed"
    },
    {
      "name": "client_signing_algs",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "By what clients may sign assertions (RFC 7523), request objects (RFC 9101) and DPoP proofs (RFC 9449). FAPI 2.0 wants it without RS256.",
      "choices": [
        "ES256",
        "RS256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "a list of ES256, RS256, PS256, EdDSA, Ed25519",
      "default": [
        "ES256",
        "RS256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ]
    },
    {
      "name": "code_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long an authorization code is good.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 600",
      "default": 60
    },
    {
      "name": "consent_choice",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether people may allow some of the scopes that a client asks for and leave others out (RFC 6749 3.3); else all or none.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "consent_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long a consent is remembered; 0 = it never expires.",
      "unit": "seconds",
      "good": "a whole number of seconds from 0 to 1576800000",
      "default": 2592000
    },
    {
      "name": "created_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "is_setting": false,
      "meaning": "When it was made.",
      "good": "text that is not empty"
    },
    {
      "name": "default_language",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "The language of the pages where neither the application (ui_locales) nor the browser (Accept-Language) asks for one that they have.",
      "choices": [
        "en",
        "es",
        "pt",
        "de"
      ],
      "good": "en, es, pt or de",
      "default": "en"
    },
    {
      "name": "developer_portal",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether people of the tenant may bring applications at {issuer}/developer.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "developer_quota",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "So many applications one developer may have.",
      "good": "between 1 and 1000",
      "default": 10
    },
    {
      "name": "developer_role",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The role that people need for the developer portal; null = none: everybody who can sign in.",
      "good": "a scope-token (RFC 6749 3.3): 1 to 128 visible characters of ASCII without quotation mark and backslash"
    },
    {
      "name": "developer_token_rate",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "The token_rate of the applications that developers bring from now on; client set changes that of one.",
      "good": "between 1 and 1000000",
      "default": 600
    },
    {
      "name": "device_code_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "How long a device code may wait for its person (RFC 8628 3.2).",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 3600",
      "default": 600
    },
    {
      "name": "disabled_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "is_setting": false,
      "meaning": "Since when every endpoint of the tenant refuses; null = it answers.",
      "good": "text"
    },
    {
      "name": "dpop_bound_access_tokens",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether every client gets tokens that are bound to its key only, and none without a DPoP proof (RFC 9449), or, where its tokens are bound to its certificate (tls_client_certificate_bound_access_tokens), without that.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "grant_management_action_required",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether every authorization request has to say what becomes of the grant (Grant Management 7.1, grant_management_action_required).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "id_token_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long an ID token is good.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 86400",
      "default": 3600
    },
    {
      "name": "identity_assertion_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long an identity assertion (ID-JAG) is good that a client gets for another authorization server.",
      "unit": "seconds",
      "good": "a whole number of seconds from 30 to 3600",
      "default": 300
    },
    {
      "name": "issuer",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "Issuer identifier; the twin of pgrant.issuers.issuer.",
      "good": "text that is not empty"
    },
    {
      "name": "key_publish_lead",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "A new signing key is in the JWKS for so long before it signs.",
      "unit": "seconds",
      "good": "a whole number of seconds from 120 to 604800",
      "default": 86400
    },
    {
      "name": "key_rotation_interval",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "A signing key signs for so long before the next one does.",
      "unit": "seconds",
      "good": "a whole number of seconds from 3600 to 63072000",
      "default": 7776000
    },
    {
      "name": "login_failure_limit",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "How many logins may fail per username and address prefix within login_failure_window.",
      "good": "a whole number from 1 to 1000",
      "default": 10
    },
    {
      "name": "login_failure_window",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long a failed login counts.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 86400",
      "default": 900
    },
    {
      "name": "login_issuer",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The iss of the product's signed answers; the origin of login_url where null.",
      "good": "text of 1 to 512 characters"
    },
    {
      "name": "login_jwks",
      "type": "jsonb",
      "nullable": true,
      "is_setting": true,
      "meaning": "JWK set (RFC 7517) with the public keys of the product's signed answers; null = the product answers by SQL only.",
      "good": "a JWK set (RFC 7517) of at most 20 public keys"
    },
    {
      "name": "login_url",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The product's own login page, to which browsers are sent instead of the one of pgrant; https, or http on a loopback host. Null = pgrant asks for the password.",
      "good": "an https URL (http on a loopback host) of at most 2000 characters, without fragment"
    },
    {
      "name": "logo_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The logo on every page: PNG, JPEG, WebP or GIF of at most 64 KiB, which the worker fetches within a minute and then each week. Null = none.",
      "good": "an https URL of at most 500 characters; http on a loopback host, which a server on a loopback address may fetch"
    },
    {
      "name": "name",
      "type": "text",
      "nullable": false,
      "is_setting": false,
      "meaning": "Short name; the twin of pgrant.issuers.name.",
      "good": "1 to 63 lower-case letters, digits and inner hyphens"
    },
    {
      "name": "par_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long a request_uri of a pushed authorization request (RFC 9126 2.2) is good.",
      "unit": "seconds",
      "good": "a whole number of seconds from 5 to 600",
      "default": 60
    },
    {
      "name": "password_change_revokes",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether a changed password ends every refresh token of the person, those with offline_access too; their sessions end in any case.",
      "good": "true or false",
      "default": true
    },
    {
      "name": "permissions_claim",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Name of the claim of access tokens with the roles that the token may use.",
      "good": "text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends",
      "default": "permissions"
    },
    {
      "name": "policy_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The privacy policy, below every page; null = none.",
      "good": "an https URL of at most 500 characters"
    },
    {
      "name": "redirect_schemes",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Private-use schemes that public clients may have in redirect URIs though they are no reversed domain name, which RFC 8252 7.1 asks for: any program may claim them. Asked when a client is registered or changed.",
      "good": "a list of schemes of applications, without a dot, such as [\"cursor\"]",
      "default": []
    },
    {
      "name": "refresh_idle_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "A refresh token that is not used for so long dies; each use starts it anew.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 157680000",
      "default": 2592000
    },
    {
      "name": "refresh_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "A refresh token and its successors die after so long, however often they are used.",
      "unit": "seconds",
      "good": "a whole number of seconds from 1 to 157680000",
      "default": 31536000
    },
    {
      "name": "refusal_limit",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "Refused requests of one address (an IPv6 /64 counts as one) in a minute. What is refused beyond gets 429, what is good is still granted; beyond ten times as many everything from the address gets 429 until the minute is over.",
      "good": "a whole number from 1 to 1000000",
      "default": 300
    },
    {
      "name": "registered_consent",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "The consent (see pgrant.clients) of clients that register themselves or come from a document, from then on.",
      "choices": [
        "remember",
        "assured",
        "always"
      ],
      "good": "remember, assured or always",
      "default": "assured"
    },
    {
      "name": "registered_idle_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "A client that registered itself, and by which nobody was sent here and which got no token for so long, is removed.",
      "unit": "seconds",
      "good": "a whole number of seconds from 172800 to 157680000",
      "default": 7776000
    },
    {
      "name": "registration",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Who may register a client: nobody (closed), who has an initial access token (token), anybody (open).",
      "choices": [
        "closed",
        "token",
        "open"
      ],
      "good": "closed, token or open",
      "default": "closed"
    },
    {
      "name": "registration_quota",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "How many clients that registered themselves may live at once.",
      "good": "a whole number from 0 to 1000000",
      "default": 1000
    },
    {
      "name": "registration_rate",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "Registrations without an initial access token in an hour, per address (IPv4) or /64 (IPv6).",
      "good": "a whole number from 1 to 1000000",
      "default": 20
    },
    {
      "name": "remember_username",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether people may have the sign-in page remember their username in this browser, for 90 days; on devices that several people share they better do not.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "replay_window",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long a superseded refresh token gets the same successor again; 0 = never.",
      "unit": "seconds",
      "good": "a whole number of seconds from 0 to 600",
      "default": 60
    },
    {
      "name": "request_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long an authorization request is good, while the person signs in.",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 3600",
      "default": 600
    },
    {
      "name": "request_object_lifetime",
      "type": "integer",
      "nullable": true,
      "is_setting": true,
      "meaning": "A request object needs an exp, at most so long after its nbf, or after now where it has none (FAPI 2.0 Message Signing 5.3.1); null = exp may be left out.",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 86400",
      "default": 3600
    },
    {
      "name": "request_uri_parameter",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether request objects are fetched from the request_uris of clients that registered some (OpenID Connect Core 6.2).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "require_dpop_nonce",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether DPoP proofs need a nonce of this server (RFC 9449 8), so that none can be made in advance.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "require_pkce",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether confidential clients that are made from now on have to send a code_challenge (RFC 7636); public clients always have to.",
      "good": "true or false",
      "default": true
    },
    {
      "name": "require_pushed_authorization_requests",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether every client has to push its authorization requests (RFC 9126 5).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "require_signed_request_object",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether every client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1).",
      "good": "true or false",
      "default": false
    },
    {
      "name": "roles_claim",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Name of the claim of access tokens with the person's roles; clients of another vendor may want a namespaced one.",
      "good": "text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends",
      "default": "roles"
    },
    {
      "name": "second_factor",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether people show a second factor when they sign in here: off = nobody does; optional = those who have set one up; sensitive = and all others once a sensitive scope is asked for; required = everybody. Whoever has none then sets one up. Not asked where the tenant has a login_url.",
      "choices": [
        "off",
        "optional",
        "sensitive",
        "required"
      ],
      "good": "off, optional, sensitive or required",
      "default": "off"
    },
    {
      "name": "security_profile",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "A profile that every client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = none.",
      "good": "fapi2, the only profile that there is"
    },
    {
      "name": "session_idle_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "A session that is not used for so long ends.",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 2592000",
      "default": 28800
    },
    {
      "name": "session_lifetime",
      "type": "integer",
      "nullable": false,
      "is_setting": true,
      "meaning": "For so long a person stays signed in.",
      "unit": "seconds",
      "good": "a whole number of seconds from 60 to 2592000",
      "default": 43200
    },
    {
      "name": "session_management",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether clients may watch from a frame whether the browser is still signed in (OpenID Connect Session Management). Browsers that keep cookies from frames of other sites make every session look changed to such clients.",
      "good": "true or false",
      "default": false
    },
    {
      "name": "signing_algs",
      "type": "text[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "By what tokens may be signed here: the tenant has a key for each, and clients and resources choose among them. Ed25519 is the name of RFC 9864 for what most clients know as EdDSA.",
      "choices": [
        "RS256",
        "ES256",
        "PS256",
        "EdDSA",
        "Ed25519"
      ],
      "good": "a list of RS256, ES256, PS256, EdDSA, Ed25519",
      "default": [
        "RS256",
        "ES256"
      ]
    },
    {
      "name": "software_statement_issuers",
      "type": "jsonb",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whose software statements (RFC 7591 2.3) are believed: {issuer: JWK set}. {} = nobody's.",
      "good": "a JSON object such as {\"https://statements.example\": {\"keys\": […]}}",
      "default": {}
    },
    {
      "name": "subject_type",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "The subject_type of clients that are made from now on and do not say: public = sub is the same for every client; pairwise = it differs by sector (OpenID Connect Core 8).",
      "choices": [
        "public",
        "pairwise"
      ],
      "good": "public or pairwise",
      "default": "public"
    },
    {
      "name": "support_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "Where people get help, below every page; null = nowhere.",
      "good": "an https or mailto URL of at most 500 characters"
    },
    {
      "name": "tenant_claim",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "Name of the claim of access tokens with the name of the tenant.",
      "good": "text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends",
      "default": "org_id"
    },
    {
      "name": "tenant_id",
      "type": "uuid",
      "nullable": false,
      "is_setting": false,
      "meaning": "The tenant.",
      "good": "text that is not empty"
    },
    {
      "name": "title",
      "type": "text",
      "nullable": false,
      "is_setting": true,
      "meaning": "The name that people see on the pages.",
      "good": "text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"
    },
    {
      "name": "token_endpoint_auth_methods",
      "type": "text[]",
      "nullable": true,
      "is_setting": true,
      "meaning": "How clients may authenticate (RFC 8414 2), whatever they are registered for: others are refused wherever they come, and registered no more; null = in every way.",
      "choices": [
        "client_secret_basic",
        "client_secret_post",
        "private_key_jwt",
        "tls_client_auth",
        "self_signed_tls_client_auth",
        "none"
      ],
      "good": "a list of client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth, none"
    },
    {
      "name": "tos_uri",
      "type": "text",
      "nullable": true,
      "is_setting": true,
      "meaning": "The terms of service, below every page; null = none.",
      "good": "an https URL of at most 500 characters"
    },
    {
      "name": "trusted_networks",
      "type": "cidr[]",
      "nullable": false,
      "is_setting": true,
      "meaning": "Networks for which refusal_limit and authorization_rate do not hold, such as those of backends that act for many people.",
      "good": "a list of networks such as 192.0.2.0/24",
      "default": []
    },
    {
      "name": "unverified_logos",
      "type": "boolean",
      "nullable": false,
      "is_setting": true,
      "meaning": "Whether the logos of clients are shown that registered themselves or came from a document; else only of those that somebody of the tenant added or approved.",
      "good": "true or false",
      "default": false
    }
  ]
} as const;

/** What an operation shows that is no table: of a subject, or by its own name. */
export const shownTypes = {
  "user": [
    {
      "name": "user_id",
      "type": "uuid",
      "nullable": false,
      "meaning": "The sub of the person."
    },
    {
      "name": "username",
      "type": "text",
      "nullable": false,
      "meaning": "The person's username."
    },
    {
      "name": "subject",
      "type": "text",
      "nullable": true,
      "meaning": "null = the product does not call them by anything else; else what it calls them."
    },
    {
      "name": "claims",
      "type": "jsonb",
      "nullable": false,
      "meaning": "What is known of the person (OpenID Connect Core 5.1)."
    },
    {
      "name": "password",
      "type": "boolean",
      "nullable": false,
      "meaning": "Whether there is a password."
    },
    {
      "name": "created_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "meaning": "When it was made."
    },
    {
      "name": "updated_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "meaning": "When name or claims were changed last."
    },
    {
      "name": "disabled_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "meaning": "null = the person may sign in."
    }
  ],
  "webhook": [
    {
      "name": "name",
      "type": "text",
      "nullable": false,
      "meaning": "Its name."
    },
    {
      "name": "url",
      "type": "text",
      "nullable": false,
      "meaning": "Where events are sent."
    },
    {
      "name": "event_types",
      "type": "text[]",
      "nullable": true,
      "meaning": "null = all events are sent."
    },
    {
      "name": "pending",
      "type": "bigint",
      "nullable": false,
      "meaning": "How many events wait to be sent."
    },
    {
      "name": "dead",
      "type": "bigint",
      "nullable": false,
      "meaning": "How many were given up."
    },
    {
      "name": "oldest_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "meaning": "null = nothing is pending."
    },
    {
      "name": "last_delivered_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "meaning": "null = nothing was delivered lately."
    },
    {
      "name": "paused_until",
      "type": "timestamp with time zone",
      "nullable": true,
      "meaning": "null = it is not paused."
    },
    {
      "name": "created_at",
      "type": "timestamp with time zone",
      "nullable": false,
      "meaning": "When it was made."
    },
    {
      "name": "disabled_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "meaning": "null = it is in force."
    },
    {
      "name": "disabled_reason",
      "type": "text",
      "nullable": true,
      "meaning": "null = it is in force, or an operator or admin has disabled it."
    },
    {
      "name": "dead_letter_lifetime",
      "type": "integer",
      "nullable": false,
      "meaning": "For how long those are kept, in seconds."
    },
    {
      "name": "old_secret_expires_at",
      "type": "timestamp with time zone",
      "nullable": true,
      "meaning": "null = one secret is good; else until when the one before is, too."
    }
  ],
  "client_revoke": [
    {
      "name": "grants",
      "type": "integer",
      "nullable": false,
      "meaning": "How many grants of people, each with all its tokens."
    },
    {
      "name": "access_tokens",
      "type": "integer",
      "nullable": false,
      "meaning": "How many opaque access tokens of its own."
    },
    {
      "name": "more",
      "type": "boolean",
      "nullable": false,
      "meaning": "Whether there are more grants: then it is to be done again."
    }
  ]
} as const;

/** What can be set of what is no table with settings. */
export const settable = {
  "scope": [
    {
      "name": "title",
      "type": "text",
      "nullable": false
    },
    {
      "name": "description",
      "type": "text",
      "nullable": true
    },
    {
      "name": "sensitive",
      "type": "boolean",
      "nullable": false
    },
    {
      "name": "for_developers",
      "type": "boolean",
      "nullable": true
    },
    {
      "name": "title#en",
      "type": "text",
      "nullable": true
    },
    {
      "name": "description#en",
      "type": "text",
      "nullable": true
    },
    {
      "name": "title#es",
      "type": "text",
      "nullable": true
    },
    {
      "name": "description#es",
      "type": "text",
      "nullable": true
    },
    {
      "name": "title#pt",
      "type": "text",
      "nullable": true
    },
    {
      "name": "description#pt",
      "type": "text",
      "nullable": true
    },
    {
      "name": "title#de",
      "type": "text",
      "nullable": true
    },
    {
      "name": "description#de",
      "type": "text",
      "nullable": true
    }
  ],
  "user": [
    {
      "name": "username",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "subject",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "claims",
      "nullable": true,
      "type": "jsonb"
    },
    {
      "name": "name",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "family_name",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "given_name",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "middle_name",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "nickname",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "preferred_username",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "profile",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "picture",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "website",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "gender",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "birthdate",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "zoneinfo",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "locale",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "email",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "email_verified",
      "nullable": true,
      "type": "boolean"
    },
    {
      "name": "address",
      "nullable": true,
      "type": "jsonb"
    },
    {
      "name": "phone_number",
      "nullable": true,
      "type": "text"
    },
    {
      "name": "phone_number_verified",
      "nullable": true,
      "type": "boolean"
    }
  ],
  "webhook": [
    {
      "name": "dead_letter_lifetime",
      "type": "integer",
      "nullable": false,
      "meaning": "For so long what could not be delivered is kept.",
      "good": "a whole number of seconds from 3600 to 31536000"
    },
    {
      "name": "event_types",
      "type": "text[]",
      "nullable": true,
      "meaning": "What is sent; null = everything.",
      "good": "a list of at least one event type"
    },
    {
      "name": "url",
      "type": "text",
      "nullable": false,
      "meaning": "https, or http on a loopback host; no credentials: every request is signed.",
      "good": "an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment"
    }
  ]
} as const;

/** Settings of a tenant that are the operator's alone. */
export const operatorSettings = [
  "claims_function",
  "claims_function_targets",
  "trusted_networks",
  "refusal_limit",
  "authorization_rate",
  "registration_quota",
  "registration_rate",
  "client_document_quota",
  "client_document_rate",
  "login_failure_limit",
  "login_failure_window",
  "preset"
] as const;
