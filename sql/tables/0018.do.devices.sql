-- API credentials by key: what a key of one has signed may be about another that the same person has made (RFC 7523 2.1).

alter table pgrant.clients drop constraint clients_credential;
alter table pgrant.clients
  add constraint clients_credential check (maker_id is null or (
    cardinality(grant_types) > 0 and grant_types <@ array['client_credentials', 'urn:ietf:params:oauth:grant-type:jwt-bearer']
    and redirect_uris = '{}' and scopes is not null));
