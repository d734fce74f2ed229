-- Sign-ins at the product that no browser has come back with, by person.

create index login_challenges_user on pgrant.login_challenges (tenant_id, user_id) where user_id is not null;
comment on index pgrant.login_challenges_user is
  'What the product has said of a person, which is worth nothing once they are signed out.';
