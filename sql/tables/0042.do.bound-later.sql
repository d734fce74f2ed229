-- Public clients that begin to prove a key with a refresh token that was bound to none (RFC 9449 5).
alter table pgrant.token_families add column bound_later boolean not null default false;
comment on column pgrant.token_families.bound_later is
  'Whether it was bound to its key after it had begun: refresh tokens of before were anybody''s, so that using one again revokes it.';
select pgrant.audited('pgrant.token_families', array['bound_later']);
