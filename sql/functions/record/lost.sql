-- Copies of the audit that are kept elsewhere, and what they know after a restore that the database does not.

create function pgrant_ops.audit_copy_first(p_tenant uuid) returns bigint
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.administer(p_tenant);
  return (select min(s.number) from pgrant.audit_seals s
           where s.tenant_id = p_tenant and s.first_at >= pgrant_report.audit_kept('audit_events'));
end
$$;

comment on function pgrant_ops.audit_copy_first(uuid) is
  'The first seal of a tenant whose events are kept, where a copy begins. Raises OA001.';

create function pgrant_report.audit_effect(p_action text) returns text
language sql immutable
as $$
  select case
           when v.verb in ('disable', 'remove', 'revoke', 'withdraw', 'deny', 'client_deny', 'suspend', 'reuse', 'lose', 'unlink', 'end',
                           'logout', 'expire', 'secret_remove', 'issuer_remove', 'policy_remove')
           then 'ended'
           when p_action in ('code.redeem', 'refresh.rotate', 'refresh.replay', 'client_credentials.issue', 'token.exchange',
                             'device_code.redeem', 'identity_assertion.issue', 'identity_assertion.redeem', 'session.login',
                             'login.accept')
           then 'issued'
           when v.verb in ('begin', 'continue', 'count', 'first_factor', 'query', 'read', 'refuse', 'request', 'resume', 'show', 'test',
                           'verify')
             and p_action <> 'developer_client.resume'
           then 'nothing'
           else 'changed'
         end
    from (select split_part(p_action, '.', 2) as verb) v
$$;

comment on function pgrant_report.audit_effect(text) is
  'What an action of the audit has done where it succeeded: ended = took something from somebody, issued = gave out tokens or a session, changed = any other change, nothing = none that a restore would undo. Reuse of a code or token ends something, and is an error.';

create function pgrant_ops.audit_lost(p_tenant uuid, p_events jsonb)
returns table (effect text, action text, client_id text, user_id uuid, grant_id uuid, detail jsonb, events bigint,
               first_at timestamptz, last_at timestamptz)
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
begin
  perform pgrant_rules.visit(p_tenant);
  return query
  select f.effect, e.action, e.client_id, e.user_id, e.grant_id, d.detail, count(*), min(e.at), max(e.at)
    from jsonb_to_recordset(p_events) e (event_id uuid, at timestamptz, action text, error text, client_id text, user_id uuid,
                                        grant_id uuid, detail jsonb)
   cross join pgrant_report.audit_effect(e.action) f (effect)
   -- Which role was withdrawn, or what was set: to be done again. Each token has others, and none of it can be.
   cross join lateral (select case when f.effect <> 'issued' then nullif(e.detail, '{}') end as detail) d
    left join pgrant.audit_events k on k.tenant_id = p_tenant and k.at = e.at and k.event_id = e.event_id
   where k.event_id is null and (e.error is null or e.action in ('code.reuse', 'refresh.reuse'))
     and f.effect <> 'nothing'
   group by f.effect, e.action, e.client_id, e.user_id, e.grant_id, d.detail;
end
$$;

comment on function pgrant_ops.audit_lost(uuid, jsonb) is
  'What the events of p_events (an array of lines of a copy of the audit) that the database does not know did, to whom, with which detail (of what was ended or changed), and how often; refusals did nothing. p_tenant need not be there: then it has none.';
