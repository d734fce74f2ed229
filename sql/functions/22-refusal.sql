-- What the web process refuses by itself, because it can't be verified, counts like any other refusal.

create function pgrant_api.refusal_record(
  p_tenant uuid, p_request_id text, p_address inet, p_action text, p_refused pgrant_api.error, p_refused_reason text,
  p_refused_detail text default null
) returns pgrant_api.done
language plpgsql security definer set search_path = pg_catalog, pg_temp
as $$
declare
  v_out pgrant_api.done;
begin
  perform pgrant_rules.enter(p_tenant, p_request_id, p_address);
  v_out.error := nullif(pgrant_rules.audit(p_tenant, p_action, p_refused, p_refused_reason, null,
                                           p_detail => pgrant_rules.refused_value(p_refused_detail)), p_refused);
  v_out.reason := case when v_out.error is not null then p_refused_reason end;
  return v_out;
end
$$;

comment on function pgrant_api.refusal_record(uuid, text, inet, text, pgrant_api.error, text, text) is
  'Records a refusal that the web process has decided on, such as a signature that is not good; p_refused_detail says which value was refused and why. Errors: too_many_attempts, flood, to be answered instead.';
