-- What operators write may be, in words for those who write something else.

comment on constraint authorization_details_types_type_check on pgrant.authorization_details_types is
  '1 to 128 visible characters of ASCII';
comment on constraint authorization_details_types_title_sound on pgrant.authorization_details_types is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint authorization_details_types_json_schema_check on pgrant.authorization_details_types is
  'a JSON Schema: an object of at most 65536 characters';
comment on constraint authorization_details_types_template_check on pgrant.authorization_details_types is
  'text of 1 to 1000 characters, all of which people can see, in which {name} stands for a field of the details';

comment on constraint identity_assertion_issuers_issuer_check on pgrant.identity_assertion_issuers is
  'an issuer identifier: an https URL of at most 2048 characters';
comment on constraint identity_assertion_issuers_jwks_uri_check on pgrant.identity_assertion_issuers is
  'an https URL of at most 2048 characters';
comment on constraint identity_assertion_issuers_jwks_check on pgrant.identity_assertion_issuers is
  'a JWK set (RFC 7517) of at most 20 public keys';
comment on constraint identity_assertion_policies_audience_check on pgrant.identity_assertion_policies is
  'an issuer identifier: an https URL of at most 2048 characters';
comment on constraint identity_assertion_policies_audience_client_id_check on pgrant.identity_assertion_policies is
  '1 to 2048 characters of ASCII that can be printed (RFC 6749 A.1)';
comment on constraint identity_assertion_policies_scopes_check on pgrant.identity_assertion_policies is
  'a list of 1 to 100 scopes';
comment on constraint identity_assertion_policies_resources_check on pgrant.identity_assertion_policies is
  'a list of at most 100 resources';
comment on constraint identity_assertion_clients_scopes_check on pgrant.identity_assertion_clients is
  'a list of 1 to 100 scopes';
