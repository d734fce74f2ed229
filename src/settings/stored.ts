// GENERATED from the catalog by `npm run generate`. Do not edit.

/** A setting is a column with its comment, its check and its default. */
export type Setting = {
  name: string;
  type: 'boolean' | 'cidr[]' | 'integer' | 'jsonb' | 'text' | 'text[]';
  unit: 'seconds' | null;
  nullable: boolean;
  default: string | null;
  meaning: string;
  good: string;
};

export type TenantSettings = {
  /** The name that people see on the pages. */
  title: string;
  /** The aud of access tokens (RFC 9068 3); null = the issuer. */
  audience: string | null;
  /** For so long an authorization code is good. */
  code_lifetime: number;
  /** For so long an authorization request is good, while the person signs in. */
  request_lifetime: number;
  /** Of access tokens whose resource and client say nothing else; so are alg and lifetime. */
  access_token_format: 'jwt' | 'opaque';
  /** What JWT access tokens are signed by (RFC 7518 3.1). */
  access_token_alg: 'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519';
  /** typ of JWT access tokens (RFC 9068 2.1), unless their resource says otherwise; JWT is for resource servers that refuse at+jwt. */
  access_token_typ: 'at+jwt' | 'JWT';
  /** For so long an access token is good. */
  access_token_lifetime: number;
  /** For so long an ID token is good. */
  id_token_lifetime: number;
  /** A refresh token that is not used for so long dies; each use starts it anew. */
  refresh_idle_lifetime: number;
  /** A refresh token and its successors die after so long, however often they are used. */
  refresh_lifetime: number;
  /** For so long a superseded refresh token gets the same successor again; 0 = never. */
  replay_window: number;
  /** Whether confidential clients that are made from now on have to send a code_challenge (RFC 7636); public clients always have to. */
  require_pkce: boolean;
  /** For so long a consent is remembered; 0 = it never expires. */
  consent_lifetime: number;
  /** For so long a person stays signed in. */
  session_lifetime: number;
  /** A session that is not used for so long ends. */
  session_idle_lifetime: number;
  /** How many logins may fail per username and address prefix within login_failure_window. */
  login_failure_limit: number;
  /** For so long a failed login counts. */
  login_failure_window: number;
  /** A signing key signs for so long before the next one does. */
  key_rotation_interval: number;
  /** A new signing key is in the JWKS for so long before it signs. */
  key_publish_lead: number;
  /** Name of the claim of access tokens with the person's roles; clients of another vendor may want a namespaced one. */
  roles_claim: string;
  /** Name of the claim of access tokens with the roles that the token may use. */
  permissions_claim: string;
  /** Name of the claim of access tokens with the name of the tenant. */
  tenant_claim: string;
  /** The product's own login page, to which browsers are sent instead of the one of pgrant; https, or http on a loopback host. Null = pgrant asks for the password. */
  login_url: string | null;
  /** The iss of the product's signed answers; the origin of login_url where null. */
  login_issuer: string | null;
  /** JWK set (RFC 7517) with the public keys of the product's signed answers; null = the product answers by SQL only. */
  login_jwks: unknown | null;
  /** Who may register a client: nobody (closed), who has an initial access token (token), anybody (open). */
  registration: 'closed' | 'token' | 'open';
  /** How many clients that registered themselves may live at once. */
  registration_quota: number;
  /** Registrations without an initial access token in an hour, per address (IPv4) or /64 (IPv6). */
  registration_rate: number;
  /** A client that registered itself, and by which nobody was sent here and which got no token for so long, is removed. */
  registered_idle_lifetime: number;
  /** The consent (see pgrant.clients) of clients that register themselves or come from a document, from then on. */
  registered_consent: 'remember' | 'assured' | 'always';
  /** Whose software statements (RFC 7591 2.3) are believed: {issuer: JWK set}. {} = nobody's. */
  software_statement_issuers: unknown;
  /** The aud of private_key_jwt, of clients that registered themselves too: issuer = the issuer alone (RFC 10070); token_endpoint = the URL of the token endpoint will do as well. */
  assertion_audience: 'issuer' | 'token_endpoint';
  /** For how many seconds from now an assertion may be good at most; its jti is remembered for as long. */
  assertion_lifetime: number;
  /** Whose client metadata documents are taken: nobody's (closed), those of client_document_hosts (listed), everybody's (open). */
  client_documents: 'closed' | 'listed' | 'open';
  /** With client_documents listed: the hosts that may publish clients; *.example.com = every host below example.com. */
  client_document_hosts: string[];
  /** The hosts that may not publish clients, whatever else is set; *.example.com = every host below example.com. */
  client_document_refused_hosts: string[];
  /** How many clients may live at once that came from a document. */
  client_document_quota: number;
  /** For how many authorization requests in an hour a document is fetched, per address (IPv4) or /64 (IPv6) that sends them. */
  client_document_rate: number;
  /** Private-use schemes that public clients may have in redirect URIs though they are no reversed domain name, which RFC 8252 7.1 asks for: any program may claim them. Asked when a client is registered or changed. */
  redirect_schemes: string[];
  /** Refused requests of one address (an IPv6 /64 counts as one) in a minute. What is refused beyond gets 429, what is good is still granted; beyond ten times as many everything from the address gets 429 until the minute is over. */
  refusal_limit: number;
  /** Sign-ins that one address may begin in a minute. */
  authorization_rate: number;
  /** Networks for which refusal_limit and authorization_rate do not hold, such as those of backends that act for many people. */
  trusted_networks: string[];
  /** How long a device code may wait for its person (RFC 8628 3.2). */
  device_code_lifetime: number;
  /** Whether clients may watch from a frame whether the browser is still signed in (OpenID Connect Session Management). Browsers that keep cookies from frames of other sites make every session look changed to such clients. */
  session_management: boolean;
  /** Whether a changed password ends every refresh token of the person, those with offline_access too; their sessions end in any case. */
  password_change_revokes: boolean;
  /** The acr that sign-ins here can have, as the metadata say (acr_values_supported): 1 = a password that pgrant asked for; 2, two factors, comes with second_factor by itself; the others are those of your own login page. Somebody who signed in with none of the acr_values that a request asks for signs in once more where one of them is here. */
  acr_values_supported: string[];
  /** The subject_type of clients that are made from now on and do not say: public = sub is the same for every client; pairwise = it differs by sector (OpenID Connect Core 8). */
  subject_type: 'public' | 'pairwise';
  /** The function schema.name in a schema of your own that adds claims to those that pgrant has; null = none. */
  claims_function: string | null;
  /** Where its claims are: userinfo, ID tokens, access tokens (JWTs, and what introspection says of any). */
  claims_function_targets: ('userinfo' | 'id_token' | 'access_token')[];
  /** By what tokens may be signed here: the tenant has a key for each, and clients and resources choose among them. Ed25519 is the name of RFC 9864 for what most clients know as EdDSA. */
  signing_algs: ('RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519')[];
  /** For so long a request_uri of a pushed authorization request (RFC 9126 2.2) is good. */
  par_lifetime: number;
  /** Whether every client has to push its authorization requests (RFC 9126 5). */
  require_pushed_authorization_requests: boolean;
  /** Whether every client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1). */
  require_signed_request_object: boolean;
  /** A request object needs an exp, at most so long after its nbf, or after now where it has none (FAPI 2.0 Message Signing 5.3.1); null = exp may be left out. */
  request_object_lifetime: number | null;
  /** Whether request objects are fetched from the request_uris of clients that registered some (OpenID Connect Core 6.2). */
  request_uri_parameter: boolean;
  /** Whether every client gets tokens that are bound to its key only, and none without a DPoP proof (RFC 9449), or, where its tokens are bound to its certificate (tls_client_certificate_bound_access_tokens), without that. */
  dpop_bound_access_tokens: boolean;
  /** Whether DPoP proofs need a nonce of this server (RFC 9449 8), so that none can be made in advance. */
  require_dpop_nonce: boolean;
  /** An assertion that is a grant (RFC 7523 2.1) and has no jti is good for so long at most, for whoever sees it can present it again; 0 = it has to have a jti. */
  bearer_assertion_lifetime: number;
  /** The language of the pages where neither the application (ui_locales) nor the browser (Accept-Language) asks for one that they have. */
  default_language: 'en' | 'es' | 'pt' | 'de';
  /** The colour of buttons and links on the pages; in the dark theme it is made as light as it has to be. Null = the colour of pgrant. */
  accent_color: string | null;
  /** Where people get help, below every page; null = nowhere. */
  support_uri: string | null;
  /** The privacy policy, below every page; null = none. */
  policy_uri: string | null;
  /** The terms of service, below every page; null = none. */
  tos_uri: string | null;
  /** Whether people may delete their account themselves; where it is off they are told to ask whoever runs the service. */
  account_deletion: boolean;
  /** Whether every authorization request has to say what becomes of the grant (Grant Management 7.1, grant_management_action_required). */
  grant_management_action_required: boolean;
  /** For so long an identity assertion (ID-JAG) is good that a client gets for another authorization server. */
  identity_assertion_lifetime: number;
  /** Whether people of the tenant may bring applications at {issuer}/developer. */
  developer_portal: boolean;
  /** The role that people need for the developer portal; null = none: everybody who can sign in. */
  developer_role: string | null;
  /** So many applications one developer may have. */
  developer_quota: number;
  /** The token_rate of the applications that developers bring from now on; client set changes that of one. */
  developer_token_rate: number;
  /** Whether people show a second factor when they sign in here: off = nobody does; optional = those who have set one up; sensitive = and all others once a sensitive scope is asked for; required = everybody. Whoever has none then sets one up. Not asked where the tenant has a login_url. */
  second_factor: 'off' | 'optional' | 'sensitive' | 'required';
  /** Whether people may allow some of the scopes that a client asks for and leave others out (RFC 6749 3.3); else all or none. */
  consent_choice: boolean;
  /** The logo on every page: PNG, JPEG, WebP or GIF of at most 64 KiB, which the worker fetches within a minute and then each week. Null = none. */
  logo_uri: string | null;
  /** Whether the logos of clients are shown that registered themselves or came from a document; else only of those that somebody of the tenant added or approved. */
  unverified_logos: boolean;
  /** Whether people may have the sign-in page remember their username in this browser, for 90 days; on devices that several people share they better do not. */
  remember_username: boolean;
  /** By what clients may sign assertions (RFC 7523), request objects (RFC 9101) and DPoP proofs (RFC 9449). FAPI 2.0 wants it without RS256. */
  client_signing_algs: ('ES256' | 'RS256' | 'PS256' | 'EdDSA' | 'Ed25519')[];
  /** How clients may authenticate (RFC 8414 2), whatever they are registered for: others are refused wherever they come, and registered no more; null = in every way. */
  token_endpoint_auth_methods: ('client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth' | 'none')[] | null;
  /** A profile that every client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = none. */
  security_profile: string | null;
};

export type ClientSettings = {
  /** The name that people see at consent. */
  name: string;
  /** How the client authenticates; none = a public client. */
  token_endpoint_auth_method: 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth' | 'none';
  /** native = runs on the person's device (RFC 8252). */
  application_type: 'web' | 'native';
  /** Where codes may be sent. */
  redirect_uris: string[];
  /** Where browsers may go after logout. */
  post_logout_redirect_uris: string[];
  /** Web origins whose programs may read what the token endpoint and its neighbours answer (CORS), besides those of redirect_uris. */
  allowed_origins: string[];
  /** What the client may use at the token endpoint. */
  grant_types: ('authorization_code' | 'refresh_token' | 'client_credentials' | 'urn:ietf:params:oauth:grant-type:device_code' | 'urn:ietf:params:oauth:grant-type:jwt-bearer' | 'urn:ietf:params:oauth:grant-type:token-exchange')[];
  /** What the client may ask for; null = every scope of the tenant. */
  scopes: string[] | null;
  /** remember = asked again only for more or after consent_lifetime; assured = so, where the client authenticates or the redirect URI is https, and each time where any program could be it (RFC 8252 8.6); always = asked each time; never = a first-party client. */
  consent: 'remember' | 'assured' | 'always' | 'never';
  /** False lets a confidential client off PKCE: nothing but its own nonce then tells an injected code (RFC 9700 2.1.1). */
  require_pkce: boolean;
  /** jwt = a signed token (RFC 9068); opaque = one that is introspected; null = the tenant's. */
  access_token_format: 'jwt' | 'opaque' | null;
  /** How access tokens are signed; null = as the tenant says. */
  access_token_alg: 'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519' | null;
  /** How ID tokens are signed. */
  id_token_alg: 'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519';
  /** Whether the claims that the scopes ask for are in the ID token too, for clients that never ask userinfo (OpenID Connect Core 5.4). */
  id_token_claims: boolean;
  /** For so long an access token is good; null = the tenant's. */
  access_token_lifetime: number | null;
  /** For so long an ID token is good; null = the tenant's. */
  id_token_lifetime: number | null;
  /** A refresh token that is not used for so long dies; null = the tenant's. */
  refresh_idle_lifetime: number | null;
  /** A refresh token and its successors die after so long; null = the tenant's. */
  refresh_lifetime: number | null;
  /** For so long a superseded refresh token gets the same successor again; null = the tenant's. */
  replay_window: number | null;
  /** For so long a consent is remembered; null = the tenant's. */
  consent_lifetime: number | null;
  /** Its logo, of which pages show a copy: PNG, JPEG, WebP or GIF of at most 64 KiB, fetched within a minute and then each week; null = none. */
  logo_uri: string | null;
  /** JWK set (RFC 7517) with the public keys by which the client signs private_key_jwt. */
  jwks: unknown | null;
  /** Where that JWK set is instead; https, or http on a loopback host (fetched by a server on a loopback address only). */
  jwks_uri: string | null;
  /** The one alg (RFC 7518 3.1, RFC 9864) by which the client signs private_key_jwt; null = any of them. */
  token_endpoint_auth_signing_alg: 'ES256' | 'RS256' | 'PS256' | 'EdDSA' | 'Ed25519' | null;
  /** Whom this client's assertions have to name; null = as the tenant says. */
  assertion_audience: 'issuer' | 'token_endpoint' | null;
  /** For how many seconds from now an assertion of this client may be good at most; null = as the tenant says. */
  assertion_lifetime: number | null;
  /** How the claims at userinfo are signed, as a JWT with iss and aud (userinfo_signed_response_alg); null = they are not, and are JSON. */
  userinfo_alg: 'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519' | null;
  /** Where a logout token is sent when a session ends in which the client got an ID token (OpenID Connect Back-Channel Logout 2.2); null = nowhere. */
  backchannel_logout_uri: string | null;
  /** Whether the client needs sid in logout tokens; they have it in any case. */
  backchannel_logout_session_required: boolean;
  /** What the page that ends such a session loads in a frame (OpenID Connect Front-Channel Logout 2); null = nothing. */
  frontchannel_logout_uri: string | null;
  /** Whether the client needs iss and sid at that URI; they are there in any case. */
  frontchannel_logout_session_required: boolean;
  /** public = sub is the user_id; pairwise = it is another one for each sector (OpenID Connect Core 8.1). A change of it changes every sub of the client. */
  subject_type: 'public' | 'pairwise';
  /** Its host is the sector of a pairwise client; null = the host of the redirect URIs, or the client by itself where none is https. */
  sector_identifier_uri: string | null;
  /** Whether the client has to push its authorization requests (RFC 9126 6). */
  require_pushed_authorization_requests: boolean;
  /** Whether the client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1). */
  require_signed_request_object: boolean;
  /** The one alg (RFC 7518 3.1, RFC 9864) by which the client signs request objects; null = any of them. */
  request_object_signing_alg: 'ES256' | 'RS256' | 'PS256' | 'EdDSA' | 'Ed25519' | null;
  /** Where request objects of the client may be fetched, where the tenant has request_uri_parameter; a fragment is not sent. */
  request_uris: string[];
  /** How authorization responses are signed where a request asks for that (JARM 3, authorization_signed_response_alg). */
  authorization_alg: 'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519';
  /** How what introspection answers this client is signed (RFC 9701 6, introspection_signed_response_alg); null = it is JSON, unless it asks for a JWT, which RS256 signs. */
  introspection_alg: 'RS256' | 'ES256' | 'PS256' | 'EdDSA' | 'Ed25519' | null;
  /** Whether the client gets no token without a DPoP proof (RFC 9449 5.2); one that sends a proof gets bound tokens in any case. */
  dpop_bound_access_tokens: boolean;
  /** Whether the client's tokens are bound to its certificate (RFC 8705 3.4), without which it gets none. */
  tls_client_certificate_bound_access_tokens: boolean;
  /** With tls_client_auth: the subject of its certificate (RFC 4514), or one of the four below (RFC 8705 2.1.2). */
  tls_client_auth_subject_dn: string | null;
  /** With tls_client_auth: a dNSName of its certificate. */
  tls_client_auth_san_dns: string | null;
  /** With tls_client_auth: a uniformResourceIdentifier of its certificate. */
  tls_client_auth_san_uri: string | null;
  /** With tls_client_auth: an iPAddress of its certificate. */
  tls_client_auth_san_ip: string | null;
  /** With tls_client_auth: an rfc822Name of its certificate. */
  tls_client_auth_san_email: string | null;
  /** What its tokens are for where a request names no resource (RFC 8707), for clients that cannot; null = the tenant's own audience. Of an API credential: the aud of its key. */
  default_resource: string | null;
  /** The types of authorization details that the client may ask for (RFC 9396 10). */
  authorization_details_types: string[];
  /** Whether a person who types one of its user codes is shown the other codes that wait for the same from the same address, and may decide them together; whoever shares the address may have one among them. */
  device_codes_together: boolean;
  /** Whether the client may name the grants that people have given it, and query, replace and revoke them (Grant Management 5.1); a public client may not. */
  grant_management: boolean;
  /** Whether somebody else than the tenant answers for the client, such as a developer who brought it: it introspects no tokens but its own (RFC 7662 4). */
  third_party: boolean;
  /** So many requests a minute the token endpoint takes of the client; of a public client, of each address (IPv4, or IPv6 /64), so that nobody uses it up for others. Null = any number. */
  token_rate: number | null;
  /** A profile that the client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = the tenant's. */
  security_profile: string | null;
  /** What the client is told of at introspection beside its own tokens: access tokens whose aud has one of these (RFC 7662 4, RFC 9701 5). Null = every access token of the tenant. */
  introspection_audience: string[] | null;
};

export type UpstreamSettings = {
  /** What people know it by: Continue with <title>. */
  title: string;
  /** Issuer identifier of an oidc upstream. */
  issuer: string | null;
  /** Where browsers are sent to sign in; discovered for kind oidc. */
  authorization_endpoint: string | null;
  /** Where a code is exchanged; discovered for kind oidc. */
  token_endpoint: string | null;
  /** Where an access token is exchanged for a JSON object about the person. */
  userinfo_endpoint: string | null;
  /** What the upstream has registered this tenant as. */
  client_id: string;
  /** How this server authenticates there. */
  token_endpoint_auth_method: 'none' | 'client_secret_basic' | 'client_secret_post';
  /** What is asked for at the upstream. */
  scopes: string[];
  /** {claims: {claim of ours: field of theirs}, roles_claim: the field that lists the person's roles there, role_groups: {role there: group here}, subteams: {role there: value of the claim subteams}, guild_id: the Discord guild}. */
  settings: unknown;
  /** Whether an account that nobody has linked makes a new user. */
  just_in_time: boolean;
  /** After so long the worker asks the upstream again about a person; 0 = never. */
  recheck_interval: number;
};

export type WebhookSettings = {
  /** https, or http on a loopback host; no credentials: every request is signed. */
  url: string;
  /** What is sent; null = everything. */
  event_types: string[] | null;
  /** For so long what could not be delivered is kept. */
  dead_letter_lifetime: number;
};

export const stored = {
  tenants: [
    {"name":"title","type":"text","unit":null,"nullable":false,"default":null,"meaning":"The name that people see on the pages.","good":"text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"},
    {"name":"audience","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The aud of access tokens (RFC 9068 3); null = the issuer.","good":"text of 1 to 512 characters"},
    {"name":"code_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"60","meaning":"For so long an authorization code is good.","good":"a whole number of seconds from 1 to 600"},
    {"name":"request_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"600","meaning":"For so long an authorization request is good, while the person signs in.","good":"a whole number of seconds from 60 to 3600"},
    {"name":"access_token_format","type":"text","unit":null,"nullable":false,"default":"jwt","meaning":"Of access tokens whose resource and client say nothing else; so are alg and lifetime.","good":"jwt or opaque"},
    {"name":"access_token_alg","type":"text","unit":null,"nullable":false,"default":"ES256","meaning":"What JWT access tokens are signed by (RFC 7518 3.1).","good":"RS256, ES256, PS256, EdDSA or Ed25519"},
    {"name":"access_token_typ","type":"text","unit":null,"nullable":false,"default":"at+jwt","meaning":"typ of JWT access tokens (RFC 9068 2.1), unless their resource says otherwise; JWT is for resource servers that refuse at+jwt.","good":"at+jwt or JWT"},
    {"name":"access_token_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"900","meaning":"For so long an access token is good.","good":"a whole number of seconds from 1 to 86400"},
    {"name":"id_token_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"3600","meaning":"For so long an ID token is good.","good":"a whole number of seconds from 1 to 86400"},
    {"name":"refresh_idle_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"2592000","meaning":"A refresh token that is not used for so long dies; each use starts it anew.","good":"a whole number of seconds from 1 to 157680000"},
    {"name":"refresh_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"31536000","meaning":"A refresh token and its successors die after so long, however often they are used.","good":"a whole number of seconds from 1 to 157680000"},
    {"name":"replay_window","type":"integer","unit":"seconds","nullable":false,"default":"60","meaning":"For so long a superseded refresh token gets the same successor again; 0 = never.","good":"a whole number of seconds from 0 to 600"},
    {"name":"require_pkce","type":"boolean","unit":null,"nullable":false,"default":"true","meaning":"Whether confidential clients that are made from now on have to send a code_challenge (RFC 7636); public clients always have to.","good":"true or false"},
    {"name":"consent_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"2592000","meaning":"For so long a consent is remembered; 0 = it never expires.","good":"a whole number of seconds from 0 to 1576800000"},
    {"name":"session_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"43200","meaning":"For so long a person stays signed in.","good":"a whole number of seconds from 60 to 2592000"},
    {"name":"session_idle_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"28800","meaning":"A session that is not used for so long ends.","good":"a whole number of seconds from 60 to 2592000"},
    {"name":"login_failure_limit","type":"integer","unit":null,"nullable":false,"default":"10","meaning":"How many logins may fail per username and address prefix within login_failure_window.","good":"a whole number from 1 to 1000"},
    {"name":"login_failure_window","type":"integer","unit":"seconds","nullable":false,"default":"900","meaning":"For so long a failed login counts.","good":"a whole number of seconds from 1 to 86400"},
    {"name":"key_rotation_interval","type":"integer","unit":"seconds","nullable":false,"default":"7776000","meaning":"A signing key signs for so long before the next one does.","good":"a whole number of seconds from 3600 to 63072000"},
    {"name":"key_publish_lead","type":"integer","unit":"seconds","nullable":false,"default":"86400","meaning":"A new signing key is in the JWKS for so long before it signs.","good":"a whole number of seconds from 120 to 604800"},
    {"name":"roles_claim","type":"text","unit":null,"nullable":false,"default":"roles","meaning":"Name of the claim of access tokens with the person's roles; clients of another vendor may want a namespaced one.","good":"text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"},
    {"name":"permissions_claim","type":"text","unit":null,"nullable":false,"default":"permissions","meaning":"Name of the claim of access tokens with the roles that the token may use.","good":"text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"},
    {"name":"tenant_claim","type":"text","unit":null,"nullable":false,"default":"org_id","meaning":"Name of the claim of access tokens with the name of the tenant.","good":"text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"},
    {"name":"login_url","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The product's own login page, to which browsers are sent instead of the one of pgrant; https, or http on a loopback host. Null = pgrant asks for the password.","good":"an https URL (http on a loopback host) of at most 2000 characters, without fragment"},
    {"name":"login_issuer","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The iss of the product's signed answers; the origin of login_url where null.","good":"text of 1 to 512 characters"},
    {"name":"login_jwks","type":"jsonb","unit":null,"nullable":true,"default":null,"meaning":"JWK set (RFC 7517) with the public keys of the product's signed answers; null = the product answers by SQL only.","good":"a JWK set (RFC 7517) of at most 20 public keys"},
    {"name":"registration","type":"text","unit":null,"nullable":false,"default":"closed","meaning":"Who may register a client: nobody (closed), who has an initial access token (token), anybody (open).","good":"closed, token or open"},
    {"name":"registration_quota","type":"integer","unit":null,"nullable":false,"default":"1000","meaning":"How many clients that registered themselves may live at once.","good":"a whole number from 0 to 1000000"},
    {"name":"registration_rate","type":"integer","unit":null,"nullable":false,"default":"20","meaning":"Registrations without an initial access token in an hour, per address (IPv4) or /64 (IPv6).","good":"a whole number from 1 to 1000000"},
    {"name":"registered_idle_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"7776000","meaning":"A client that registered itself, and by which nobody was sent here and which got no token for so long, is removed.","good":"a whole number of seconds from 172800 to 157680000"},
    {"name":"registered_consent","type":"text","unit":null,"nullable":false,"default":"assured","meaning":"The consent (see pgrant.clients) of clients that register themselves or come from a document, from then on.","good":"remember, assured or always"},
    {"name":"software_statement_issuers","type":"jsonb","unit":null,"nullable":false,"default":"{}","meaning":"Whose software statements (RFC 7591 2.3) are believed: {issuer: JWK set}. {} = nobody's.","good":"a JSON object such as {\"https://statements.example\": {\"keys\": […]}}"},
    {"name":"assertion_audience","type":"text","unit":null,"nullable":false,"default":"issuer","meaning":"The aud of private_key_jwt, of clients that registered themselves too: issuer = the issuer alone (RFC 10070); token_endpoint = the URL of the token endpoint will do as well.","good":"issuer or token_endpoint"},
    {"name":"assertion_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"600","meaning":"For how many seconds from now an assertion may be good at most; its jti is remembered for as long.","good":"a whole number of seconds from 60 to 86400"},
    {"name":"client_documents","type":"text","unit":null,"nullable":false,"default":"closed","meaning":"Whose client metadata documents are taken: nobody's (closed), those of client_document_hosts (listed), everybody's (open).","good":"closed, listed or open"},
    {"name":"client_document_hosts","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"With client_documents listed: the hosts that may publish clients; *.example.com = every host below example.com.","good":"a list of host names in lower case, such as [\"claude.ai\", \"*.example.com\"]"},
    {"name":"client_document_refused_hosts","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"The hosts that may not publish clients, whatever else is set; *.example.com = every host below example.com.","good":"a list of host names in lower case, such as [\"evil.example\"]"},
    {"name":"client_document_quota","type":"integer","unit":null,"nullable":false,"default":"1000","meaning":"How many clients may live at once that came from a document.","good":"a whole number from 0 to 1000000"},
    {"name":"client_document_rate","type":"integer","unit":null,"nullable":false,"default":"120","meaning":"For how many authorization requests in an hour a document is fetched, per address (IPv4) or /64 (IPv6) that sends them.","good":"a whole number from 1 to 1000000"},
    {"name":"redirect_schemes","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"Private-use schemes that public clients may have in redirect URIs though they are no reversed domain name, which RFC 8252 7.1 asks for: any program may claim them. Asked when a client is registered or changed.","good":"a list of schemes of applications, without a dot, such as [\"cursor\"]"},
    {"name":"refusal_limit","type":"integer","unit":null,"nullable":false,"default":"300","meaning":"Refused requests of one address (an IPv6 /64 counts as one) in a minute. What is refused beyond gets 429, what is good is still granted; beyond ten times as many everything from the address gets 429 until the minute is over.","good":"a whole number from 1 to 1000000"},
    {"name":"authorization_rate","type":"integer","unit":null,"nullable":false,"default":"600","meaning":"Sign-ins that one address may begin in a minute.","good":"a whole number from 1 to 1000000"},
    {"name":"trusted_networks","type":"cidr[]","unit":null,"nullable":false,"default":"{}","meaning":"Networks for which refusal_limit and authorization_rate do not hold, such as those of backends that act for many people.","good":"a list of networks such as 192.0.2.0/24"},
    {"name":"device_code_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"600","meaning":"How long a device code may wait for its person (RFC 8628 3.2).","good":"a whole number of seconds from 60 to 3600"},
    {"name":"session_management","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether clients may watch from a frame whether the browser is still signed in (OpenID Connect Session Management). Browsers that keep cookies from frames of other sites make every session look changed to such clients.","good":"true or false"},
    {"name":"password_change_revokes","type":"boolean","unit":null,"nullable":false,"default":"true","meaning":"Whether a changed password ends every refresh token of the person, those with offline_access too; their sessions end in any case.","good":"true or false"},
    {"name":"acr_values_supported","type":"text[]","unit":null,"nullable":false,"default":"{1}","meaning":"The acr that sign-ins here can have, as the metadata say (acr_values_supported): 1 = a password that pgrant asked for; 2, two factors, comes with second_factor by itself; the others are those of your own login page. Somebody who signed in with none of the acr_values that a request asks for signs in once more where one of them is here.","good":"a list of at most 50 acr values, each of 1 to 255 visible characters of ASCII without quotation mark and backslash"},
    {"name":"subject_type","type":"text","unit":null,"nullable":false,"default":"public","meaning":"The subject_type of clients that are made from now on and do not say: public = sub is the same for every client; pairwise = it differs by sector (OpenID Connect Core 8).","good":"public or pairwise"},
    {"name":"claims_function","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The function schema.name in a schema of your own that adds claims to those that pgrant has; null = none.","good":"a function as schema.name, in lower case, in a schema that is not one of pgrant or PostgreSQL"},
    {"name":"claims_function_targets","type":"text[]","unit":null,"nullable":false,"default":"{userinfo}","meaning":"Where its claims are: userinfo, ID tokens, access tokens (JWTs, and what introspection says of any).","good":"a list of userinfo, id_token, access_token"},
    {"name":"signing_algs","type":"text[]","unit":null,"nullable":false,"default":"{RS256,ES256}","meaning":"By what tokens may be signed here: the tenant has a key for each, and clients and resources choose among them. Ed25519 is the name of RFC 9864 for what most clients know as EdDSA.","good":"a list of RS256, ES256, PS256, EdDSA, Ed25519"},
    {"name":"par_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"60","meaning":"For so long a request_uri of a pushed authorization request (RFC 9126 2.2) is good.","good":"a whole number of seconds from 5 to 600"},
    {"name":"require_pushed_authorization_requests","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether every client has to push its authorization requests (RFC 9126 5).","good":"true or false"},
    {"name":"require_signed_request_object","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether every client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1).","good":"true or false"},
    {"name":"request_object_lifetime","type":"integer","unit":"seconds","nullable":true,"default":"3600","meaning":"A request object needs an exp, at most so long after its nbf, or after now where it has none (FAPI 2.0 Message Signing 5.3.1); null = exp may be left out.","good":"a whole number of seconds from 60 to 86400"},
    {"name":"request_uri_parameter","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether request objects are fetched from the request_uris of clients that registered some (OpenID Connect Core 6.2).","good":"true or false"},
    {"name":"dpop_bound_access_tokens","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether every client gets tokens that are bound to its key only, and none without a DPoP proof (RFC 9449), or, where its tokens are bound to its certificate (tls_client_certificate_bound_access_tokens), without that.","good":"true or false"},
    {"name":"require_dpop_nonce","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether DPoP proofs need a nonce of this server (RFC 9449 8), so that none can be made in advance.","good":"true or false"},
    {"name":"bearer_assertion_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"300","meaning":"An assertion that is a grant (RFC 7523 2.1) and has no jti is good for so long at most, for whoever sees it can present it again; 0 = it has to have a jti.","good":"a whole number of seconds from 0 to 600"},
    {"name":"default_language","type":"text","unit":null,"nullable":false,"default":"en","meaning":"The language of the pages where neither the application (ui_locales) nor the browser (Accept-Language) asks for one that they have.","good":"en, es, pt or de"},
    {"name":"accent_color","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The colour of buttons and links on the pages; in the dark theme it is made as light as it has to be. Null = the colour of pgrant.","good":"a colour such as #2453b8, in lower case, that has a contrast of at least 4.5 to 1 with the light ground of the pages (WCAG 2.2 1.4.3)"},
    {"name":"support_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Where people get help, below every page; null = nowhere.","good":"an https or mailto URL of at most 500 characters"},
    {"name":"policy_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The privacy policy, below every page; null = none.","good":"an https URL of at most 500 characters"},
    {"name":"tos_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The terms of service, below every page; null = none.","good":"an https URL of at most 500 characters"},
    {"name":"account_deletion","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether people may delete their account themselves; where it is off they are told to ask whoever runs the service.","good":"true or false"},
    {"name":"grant_management_action_required","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether every authorization request has to say what becomes of the grant (Grant Management 7.1, grant_management_action_required).","good":"true or false"},
    {"name":"identity_assertion_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"300","meaning":"For so long an identity assertion (ID-JAG) is good that a client gets for another authorization server.","good":"a whole number of seconds from 30 to 3600"},
    {"name":"developer_portal","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether people of the tenant may bring applications at {issuer}/developer.","good":"true or false"},
    {"name":"developer_role","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The role that people need for the developer portal; null = none: everybody who can sign in.","good":"a scope-token (RFC 6749 3.3): 1 to 128 visible characters of ASCII without quotation mark and backslash"},
    {"name":"developer_quota","type":"integer","unit":null,"nullable":false,"default":"10","meaning":"So many applications one developer may have.","good":"between 1 and 1000"},
    {"name":"developer_token_rate","type":"integer","unit":null,"nullable":false,"default":"600","meaning":"The token_rate of the applications that developers bring from now on; client set changes that of one.","good":"between 1 and 1000000"},
    {"name":"second_factor","type":"text","unit":null,"nullable":false,"default":"off","meaning":"Whether people show a second factor when they sign in here: off = nobody does; optional = those who have set one up; sensitive = and all others once a sensitive scope is asked for; required = everybody. Whoever has none then sets one up. Not asked where the tenant has a login_url.","good":"off, optional, sensitive or required"},
    {"name":"consent_choice","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether people may allow some of the scopes that a client asks for and leave others out (RFC 6749 3.3); else all or none.","good":"true or false"},
    {"name":"logo_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The logo on every page: PNG, JPEG, WebP or GIF of at most 64 KiB, which the worker fetches within a minute and then each week. Null = none.","good":"an https URL of at most 500 characters; http on a loopback host, which a server on a loopback address may fetch"},
    {"name":"unverified_logos","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the logos of clients are shown that registered themselves or came from a document; else only of those that somebody of the tenant added or approved.","good":"true or false"},
    {"name":"remember_username","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether people may have the sign-in page remember their username in this browser, for 90 days; on devices that several people share they better do not.","good":"true or false"},
    {"name":"client_signing_algs","type":"text[]","unit":null,"nullable":false,"default":"{ES256,RS256,PS256,EdDSA,Ed25519}","meaning":"By what clients may sign assertions (RFC 7523), request objects (RFC 9101) and DPoP proofs (RFC 9449). FAPI 2.0 wants it without RS256.","good":"a list of ES256, RS256, PS256, EdDSA, Ed25519"},
    {"name":"token_endpoint_auth_methods","type":"text[]","unit":null,"nullable":true,"default":null,"meaning":"How clients may authenticate (RFC 8414 2), whatever they are registered for: others are refused wherever they come, and registered no more; null = in every way.","good":"a list of client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth, none"},
    {"name":"security_profile","type":"text","unit":null,"nullable":true,"default":null,"meaning":"A profile that every client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = none.","good":"fapi2, the only profile that there is"},
  ],
  clients: [
    {"name":"name","type":"text","unit":null,"nullable":false,"default":null,"meaning":"The name that people see at consent.","good":"text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"},
    {"name":"token_endpoint_auth_method","type":"text","unit":null,"nullable":false,"default":"client_secret_basic","meaning":"How the client authenticates; none = a public client.","good":"client_secret_basic, client_secret_post, private_key_jwt, tls_client_auth, self_signed_tls_client_auth or none"},
    {"name":"application_type","type":"text","unit":null,"nullable":false,"default":"web","meaning":"native = runs on the person's device (RFC 8252).","good":"web or native"},
    {"name":"redirect_uris","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"Where codes may be sent.","good":"a list of redirect URIs: https, http on a loopback host, or an application's own scheme (RFC 8252 7); without fragment, credentials or wildcard"},
    {"name":"post_logout_redirect_uris","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"Where browsers may go after logout.","good":"a list"},
    {"name":"allowed_origins","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"Web origins whose programs may read what the token endpoint and its neighbours answer (CORS), besides those of redirect_uris.","good":"a list of web origins as browsers write them: scheme, host and port, without a path"},
    {"name":"grant_types","type":"text[]","unit":null,"nullable":false,"default":"{authorization_code,refresh_token}","meaning":"What the client may use at the token endpoint.","good":"a list of authorization_code, refresh_token, client_credentials, urn:ietf:params:oauth:grant-type:device_code, urn:ietf:params:oauth:grant-type:jwt-bearer, urn:ietf:params:oauth:grant-type:token-exchange"},
    {"name":"scopes","type":"text[]","unit":null,"nullable":true,"default":null,"meaning":"What the client may ask for; null = every scope of the tenant.","good":"a list"},
    {"name":"consent","type":"text","unit":null,"nullable":false,"default":"remember","meaning":"remember = asked again only for more or after consent_lifetime; assured = so, where the client authenticates or the redirect URI is https, and each time where any program could be it (RFC 8252 8.6); always = asked each time; never = a first-party client.","good":"remember, assured, always or never"},
    {"name":"require_pkce","type":"boolean","unit":null,"nullable":false,"default":"true","meaning":"False lets a confidential client off PKCE: nothing but its own nonce then tells an injected code (RFC 9700 2.1.1).","good":"true or false"},
    {"name":"access_token_format","type":"text","unit":null,"nullable":true,"default":null,"meaning":"jwt = a signed token (RFC 9068); opaque = one that is introspected; null = the tenant's.","good":"jwt or opaque"},
    {"name":"access_token_alg","type":"text","unit":null,"nullable":true,"default":null,"meaning":"How access tokens are signed; null = as the tenant says.","good":"RS256, ES256, PS256, EdDSA or Ed25519"},
    {"name":"id_token_alg","type":"text","unit":null,"nullable":false,"default":"RS256","meaning":"How ID tokens are signed.","good":"RS256, ES256, PS256, EdDSA or Ed25519"},
    {"name":"id_token_claims","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the claims that the scopes ask for are in the ID token too, for clients that never ask userinfo (OpenID Connect Core 5.4).","good":"true or false"},
    {"name":"access_token_lifetime","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"For so long an access token is good; null = the tenant's.","good":"a whole number of seconds from 1 to 86400"},
    {"name":"id_token_lifetime","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"For so long an ID token is good; null = the tenant's.","good":"a whole number of seconds from 1 to 86400"},
    {"name":"refresh_idle_lifetime","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"A refresh token that is not used for so long dies; null = the tenant's.","good":"a whole number of seconds from 1 to 157680000"},
    {"name":"refresh_lifetime","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"A refresh token and its successors die after so long; null = the tenant's.","good":"a whole number of seconds from 1 to 157680000"},
    {"name":"replay_window","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"For so long a superseded refresh token gets the same successor again; null = the tenant's.","good":"a whole number of seconds from 0 to 600"},
    {"name":"consent_lifetime","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"For so long a consent is remembered; null = the tenant's.","good":"a whole number of seconds from 0 to 1576800000"},
    {"name":"logo_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Its logo, of which pages show a copy: PNG, JPEG, WebP or GIF of at most 64 KiB, fetched within a minute and then each week; null = none.","good":"an https URL; or http on a loopback host, which a server on a loopback address may fetch"},
    {"name":"jwks","type":"jsonb","unit":null,"nullable":true,"default":null,"meaning":"JWK set (RFC 7517) with the public keys by which the client signs private_key_jwt.","good":"a JWK set (RFC 7517) of at most 20 public keys in 20 KiB"},
    {"name":"jwks_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Where that JWK set is instead; https, or http on a loopback host (fetched by a server on a loopback address only).","good":"an https URL (http on a loopback host) of at most 2048 characters"},
    {"name":"token_endpoint_auth_signing_alg","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The one alg (RFC 7518 3.1, RFC 9864) by which the client signs private_key_jwt; null = any of them.","good":"ES256, RS256, PS256, EdDSA or Ed25519"},
    {"name":"assertion_audience","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Whom this client's assertions have to name; null = as the tenant says.","good":"issuer or token_endpoint"},
    {"name":"assertion_lifetime","type":"integer","unit":"seconds","nullable":true,"default":null,"meaning":"For how many seconds from now an assertion of this client may be good at most; null = as the tenant says.","good":"a whole number of seconds from 60 to 86400"},
    {"name":"userinfo_alg","type":"text","unit":null,"nullable":true,"default":null,"meaning":"How the claims at userinfo are signed, as a JWT with iss and aud (userinfo_signed_response_alg); null = they are not, and are JSON.","good":"RS256, ES256, PS256, EdDSA or Ed25519"},
    {"name":"backchannel_logout_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Where a logout token is sent when a session ends in which the client got an ID token (OpenID Connect Back-Channel Logout 2.2); null = nowhere.","good":"an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment"},
    {"name":"backchannel_logout_session_required","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client needs sid in logout tokens; they have it in any case.","good":"true or false"},
    {"name":"frontchannel_logout_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"What the page that ends such a session loads in a frame (OpenID Connect Front-Channel Logout 2); null = nothing.","good":"an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment"},
    {"name":"frontchannel_logout_session_required","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client needs iss and sid at that URI; they are there in any case.","good":"true or false"},
    {"name":"subject_type","type":"text","unit":null,"nullable":false,"default":"public","meaning":"public = sub is the user_id; pairwise = it is another one for each sector (OpenID Connect Core 8.1). A change of it changes every sub of the client.","good":"public or pairwise"},
    {"name":"sector_identifier_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Its host is the sector of a pairwise client; null = the host of the redirect URIs, or the client by itself where none is https.","good":"an https URL (http on a loopback host) of at most 2048 characters"},
    {"name":"require_pushed_authorization_requests","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client has to push its authorization requests (RFC 9126 6).","good":"true or false"},
    {"name":"require_signed_request_object","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client has to send its authorization requests as signed request objects (RFC 9101 10.5), with an nbf (FAPI 2.0 Message Signing 5.3.1).","good":"true or false"},
    {"name":"request_object_signing_alg","type":"text","unit":null,"nullable":true,"default":null,"meaning":"The one alg (RFC 7518 3.1, RFC 9864) by which the client signs request objects; null = any of them.","good":"ES256, RS256, PS256, EdDSA or Ed25519"},
    {"name":"request_uris","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"Where request objects of the client may be fetched, where the tenant has request_uri_parameter; a fragment is not sent.","good":"a list of at most 20 https URLs (http on a loopback host) of at most 512 characters"},
    {"name":"authorization_alg","type":"text","unit":null,"nullable":false,"default":"RS256","meaning":"How authorization responses are signed where a request asks for that (JARM 3, authorization_signed_response_alg).","good":"RS256, ES256, PS256, EdDSA or Ed25519"},
    {"name":"introspection_alg","type":"text","unit":null,"nullable":true,"default":null,"meaning":"How what introspection answers this client is signed (RFC 9701 6, introspection_signed_response_alg); null = it is JSON, unless it asks for a JWT, which RS256 signs.","good":"RS256, ES256, PS256, EdDSA or Ed25519"},
    {"name":"dpop_bound_access_tokens","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client gets no token without a DPoP proof (RFC 9449 5.2); one that sends a proof gets bound tokens in any case.","good":"true or false"},
    {"name":"tls_client_certificate_bound_access_tokens","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client's tokens are bound to its certificate (RFC 8705 3.4), without which it gets none.","good":"true or false"},
    {"name":"tls_client_auth_subject_dn","type":"text","unit":null,"nullable":true,"default":null,"meaning":"With tls_client_auth: the subject of its certificate (RFC 4514), or one of the four below (RFC 8705 2.1.2).","good":"text"},
    {"name":"tls_client_auth_san_dns","type":"text","unit":null,"nullable":true,"default":null,"meaning":"With tls_client_auth: a dNSName of its certificate.","good":"text"},
    {"name":"tls_client_auth_san_uri","type":"text","unit":null,"nullable":true,"default":null,"meaning":"With tls_client_auth: a uniformResourceIdentifier of its certificate.","good":"text"},
    {"name":"tls_client_auth_san_ip","type":"text","unit":null,"nullable":true,"default":null,"meaning":"With tls_client_auth: an iPAddress of its certificate.","good":"text"},
    {"name":"tls_client_auth_san_email","type":"text","unit":null,"nullable":true,"default":null,"meaning":"With tls_client_auth: an rfc822Name of its certificate.","good":"text"},
    {"name":"default_resource","type":"text","unit":null,"nullable":true,"default":null,"meaning":"What its tokens are for where a request names no resource (RFC 8707), for clients that cannot; null = the tenant's own audience. Of an API credential: the aud of its key.","good":"an absolute URI of at most 512 characters, without fragment"},
    {"name":"authorization_details_types","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"The types of authorization details that the client may ask for (RFC 9396 10).","good":"a list of at most 50 types"},
    {"name":"device_codes_together","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether a person who types one of its user codes is shown the other codes that wait for the same from the same address, and may decide them together; whoever shares the address may have one among them.","good":"true or false"},
    {"name":"grant_management","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether the client may name the grants that people have given it, and query, replace and revoke them (Grant Management 5.1); a public client may not.","good":"true or false"},
    {"name":"third_party","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether somebody else than the tenant answers for the client, such as a developer who brought it: it introspects no tokens but its own (RFC 7662 4).","good":"true or false"},
    {"name":"token_rate","type":"integer","unit":null,"nullable":true,"default":null,"meaning":"So many requests a minute the token endpoint takes of the client; of a public client, of each address (IPv4, or IPv6 /64), so that nobody uses it up for others. Null = any number.","good":"between 1 and 1000000"},
    {"name":"security_profile","type":"text","unit":null,"nullable":true,"default":null,"meaning":"A profile that the client is held to, whatever else is set: what it forbids is refused; fapi2 = FAPI 2.0 Security Profile. null = the tenant's.","good":"fapi2, the only profile that there is"},
    {"name":"introspection_audience","type":"text[]","unit":null,"nullable":true,"default":null,"meaning":"What the client is told of at introspection beside its own tokens: access tokens whose aud has one of these (RFC 7662 4, RFC 9701 5). Null = every access token of the tenant.","good":"a list of 1 to 20 audiences of 1 to 512 characters"},
  ],
  upstreams: [
    {"name":"title","type":"text","unit":null,"nullable":false,"default":null,"meaning":"What people know it by: Continue with <title>.","good":"text of 1 to 100 characters; text of 1 to 255 characters, all of which people can see, in Unicode normal form C, with single spaces and none at the ends"},
    {"name":"issuer","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Issuer identifier of an oidc upstream.","good":"an http or https URL"},
    {"name":"authorization_endpoint","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Where browsers are sent to sign in; discovered for kind oidc.","good":"an http or https URL"},
    {"name":"token_endpoint","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Where a code is exchanged; discovered for kind oidc.","good":"an http or https URL"},
    {"name":"userinfo_endpoint","type":"text","unit":null,"nullable":true,"default":null,"meaning":"Where an access token is exchanged for a JSON object about the person.","good":"an http or https URL"},
    {"name":"client_id","type":"text","unit":null,"nullable":false,"default":null,"meaning":"What the upstream has registered this tenant as.","good":"1 to 255 characters of ASCII"},
    {"name":"token_endpoint_auth_method","type":"text","unit":null,"nullable":false,"default":"client_secret_basic","meaning":"How this server authenticates there.","good":"none, client_secret_basic or client_secret_post"},
    {"name":"scopes","type":"text[]","unit":null,"nullable":false,"default":"{}","meaning":"What is asked for at the upstream.","good":"a list"},
    {"name":"settings","type":"jsonb","unit":null,"nullable":false,"default":"{}","meaning":"{claims: {claim of ours: field of theirs}, roles_claim: the field that lists the person's roles there, role_groups: {role there: group here}, subteams: {role there: value of the claim subteams}, guild_id: the Discord guild}.","good":"a JSON object"},
    {"name":"just_in_time","type":"boolean","unit":null,"nullable":false,"default":"false","meaning":"Whether an account that nobody has linked makes a new user.","good":"true or false"},
    {"name":"recheck_interval","type":"integer","unit":"seconds","nullable":false,"default":"3600","meaning":"After so long the worker asks the upstream again about a person; 0 = never.","good":"0, or a whole number of seconds from 60 to 31536000"},
  ],
  webhooks: [
    {"name":"url","type":"text","unit":null,"nullable":false,"default":null,"meaning":"https, or http on a loopback host; no credentials: every request is signed.","good":"an https URL (http on a loopback host) of at most 2048 characters, without credentials and fragment"},
    {"name":"event_types","type":"text[]","unit":null,"nullable":true,"default":null,"meaning":"What is sent; null = everything.","good":"a list of at least one event type"},
    {"name":"dead_letter_lifetime","type":"integer","unit":"seconds","nullable":false,"default":"2592000","meaning":"For so long what could not be delivered is kept.","good":"a whole number of seconds from 3600 to 31536000"},
  ],
} as const satisfies Record<string, readonly Setting[]>;
