-- A successor is derived from its predecessor and a salt: nothing is sealed, and nobody else can derive it all the same.
alter table pgrant.token_families rename column sealed_successor to successor_salt;
comment on column pgrant.token_families.successor_salt is 'What the current refresh token was derived with from the previous one, whose holder alone can derive it again.';
