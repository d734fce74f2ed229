-- A code may come in the fragment, where scripts of a page read it and no server is told.
alter table pgrant.authorization_requests drop constraint authorization_requests_response_mode_check;
alter table pgrant.authorization_requests
  add constraint authorization_requests_response_mode_check
    check (response_mode in ('query', 'fragment', 'form_post', 'query.jwt', 'fragment.jwt', 'form_post.jwt'));
