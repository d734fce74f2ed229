-- Who may change an account for good: whoever has signed in lately, with all they have to show.

create function pgrant_rules.account_recent(p_session pgrant.sessions) returns boolean
language sql stable
as $$ select p_session.auth_time > now() - interval '10 minutes' and not pgrant_rules.second_factor_owed(p_session) $$;

comment on function pgrant_rules.account_recent(pgrant.sessions) is
  'Whether the person has signed in so lately, and with the second factor that they have, that the account may be changed for good: whoever comes upon a browser that was left alone cannot.';

create function pgrant_rules.account_refusal(
  p_session pgrant.sessions, p_csrf_hash bytea, p_recent boolean, out error pgrant_api.error, out reason text
)
language plpgsql
as $$
begin
  if p_session.session_id is null then
    error := 'login_required';
    reason := 'nobody is signed in';
  elsif p_session.csrf_hash is distinct from p_csrf_hash then
    error := 'csrf_mismatch';
    reason := 'csrf token missing or of another session';
  elsif p_recent and not pgrant_rules.account_recent(p_session) then
    error := 'insufficient_user_authentication';
    reason := 'the sign-in is too long ago';
  end if;
end
$$;

comment on function pgrant_rules.account_refusal(pgrant.sessions, bytea, boolean) is
  'Why somebody may not change the account of a session, or nulls. p_recent: whether a recent sign-in is needed.';
