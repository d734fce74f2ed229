-- API credentials by key: what a key of one has signed may be about another that the same person has made (RFC 7523 2.1).

alter table pgrant.clients drop constraint clients_credential;
alter table pgrant.clients
  add constraint clients_credential check (maker_id is null or (
    cardinality(grant_types) > 0 and grant_types <@ array['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer']
    and redirect_uris = '{}' and scopes is not null));

-- Device codes that wait together: a program that opens several connections asks for one each.
alter table pgrant.clients add column device_codes_together boolean not null default false;
comment on column pgrant.clients.device_codes_together is
  'Whether a person who types one of its user codes is shown the other codes that wait for the same from the same address, and may decide them together; whoever shares the address may have one among them.';
select pgrant.audited('pgrant.clients', '{device_codes_together}');

alter table pgrant.device_codes add column user_code_start text not null default '';
alter table pgrant.device_codes add constraint device_codes_user_code_start_check check (user_code_start ~ '^([B-Z]{2})?$');
comment on column pgrant.device_codes.user_code_start is
  'Its first two letters, by which a person tells the codes on their own screen; '''' = not kept.';
create index device_codes_waiting on pgrant.device_codes (tenant_id, client_id, address) where allowed_at is null and denied_at is null;
comment on index pgrant.device_codes_waiting is 'Codes that wait beside one of the same client and address.';
