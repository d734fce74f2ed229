-- What whoever operates a database asks, and what the worker finds without looking at everything.

-- Who may become the owner: besides superusers that is the login of the release.
alter table pgrant_release.released add column login text;
