-- Forms that show a new secret count once, too.
comment on table pgrant.idempotency_keys is
  'What requests of the admin API with an Idempotency-Key did, and forms that show a new secret, within the last day: sent again, they do nothing and tell it.';
