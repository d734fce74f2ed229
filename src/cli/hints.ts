// What the functions of the database suggest, in the words of this program.

/** Commands that are not called as their function is. */
const named: Record<string, string> = {
  audit_retention_set: 'audit retention',
  authorization_details_type_list: 'authorization-details-type list',
  authorization_details_type_set: 'authorization-details-type set',
  developer_client_search: 'developer list',
  developer_client_show: 'developer show',
  identity_assertion_issuer_list: 'identity-assertion-issuer list',
  identity_assertion_policy_list: 'identity-assertion-policy list',
  partition_plan_list: 'partition list',
  registration_token_list: 'registration token list',
  token_explain: 'explain',
  upstream_account_list: 'upstream accounts',
};

/** A hint with its SQL as commands. */
export function commandsIn(hint: string): string {
  return hint.replace(
    /(?:select (?:[\w*, ]+ from )?)?pgrant_ops\.([a-z_]+)(?:\([^)]*\))?/g,
    (_, name: string) => `pgrant ${named[name] ?? name.replace('_', ' ')}`,
  );
}
