-- What the names of claims are: whoever sets one is told (pgrant_rules.setting_sound).

comment on constraint tenants_roles_claim_check on pgrant.tenants is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint tenants_permissions_claim_check on pgrant.tenants is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
comment on constraint tenants_tenant_claim_check on pgrant.tenants is
  'text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends';
