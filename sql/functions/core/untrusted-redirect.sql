-- Where the browser is sent without anybody having looked (RFC 9700 4.11.2): no open redirector for whoever registers.

create function pgrant_rules.redirect_trusted(p_tenant uuid, p_client pgrant_rules.client_policies, p_user_id uuid) returns boolean
language plpgsql
as $$
begin
  return not (p_client.self_registered or p_client.draft)
      or p_client.consent = 'never'
      or exists (select from pgrant.grants g
                  where g.tenant_id = p_tenant and g.user_id = p_user_id and g.client_id = p_client.client_id
                    and g.revoked_at is null
                    and g.consented_at >= p_client.identity_changed_at);
end
$$;

comment on function pgrant_rules.redirect_trusted(uuid, pgrant_rules.client_policies, uuid) is
  'Whether an error, or a logout, may send the browser of this person (null = nobody is signed in) to the client unasked: somebody of the tenant registered or approved it or calls it first-party, or the person allowed it as it is now and has not taken that back. An initial access token says who may register, not that anybody has looked at what.';

create function pgrant_rules.error_respond(
  p_tenant uuid, p_client pgrant_rules.client_policies, p_user_id uuid, p_ui_locales text[], p_out pgrant_api.authorization
) returns pgrant_api.authorization
language plpgsql
as $$
begin
  p_out.next := 'respond';
  p_out.untrusted := not pgrant_rules.redirect_trusted(p_tenant, p_client, p_user_id);
  if p_out.untrusted then
    p_out.page := jsonb_build_object(
      'client_id', p_client.client_id, 'client_name', p_client.name,
      'client', pgrant_rules.client_presentation(p_tenant, p_client.client_id), 'ui_locales', to_jsonb(p_ui_locales));
  end if;
  return p_out;
end
$$;

comment on function pgrant_rules.error_respond(uuid, pgrant_rules.client_policies, uuid, text[], pgrant_api.authorization) is
  'The answer of a request that has failed without the person having decided so: sent to the client, or shown to the person first, in the languages that it asked for.';
