import * as oauth from 'oauth4webapi';
import { describe, expect, test } from 'vitest';
import { metadata } from '../../src/protocol/discovery.ts';

const issuer = 'https://id.example/db/container';
const facts = {
  issuer,
  scopes: ['openid', 'profile'],
  signing_algs: ['RS256', 'ES256'],
  client_signing_algs: ['ES256', 'PS256'],
  endpoints: {
    authorization_endpoint: '/oauth/authorize',
    token_endpoint: '/oauth/token',
    userinfo_endpoint: '/oauth/userinfo',
    jwks_uri: '/oauth/jwks.json',
    pushed_authorization_request_endpoint: '/oauth/par',
    device_authorization_endpoint: '/oauth/device_authorization',
    revocation_endpoint: '/oauth/revoke',
    introspection_endpoint: '/oauth/introspect',
    end_session_endpoint: '/oauth/logout',
    check_session_iframe: '/oauth/check-session',
    registration_endpoint: '/oauth/register',
    grant_management_endpoint: '/oauth/grants',
  },
};

/**
 * RFC 8414 2, OpenID Connect Discovery 3, RFC 9207 3, RFC 9449 5.1, RP-Initiated Logout 2.1, Client ID Metadata Document 6,
 * Initiating User Registration via OpenID Connect 4.1, RFC 9126 5, RFC 9101 10.5, JARM 4, RFC 9701 7, Back-Channel Logout 2.1,
 * Front-Channel Logout 3, Session Management 3.3, Grant Management for OAuth 2.0 7.1, ID-JAG 7.
 */
const registered = `issuer authorization_endpoint token_endpoint jwks_uri userinfo_endpoint
  end_session_endpoint revocation_endpoint device_authorization_endpoint introspection_endpoint response_types_supported
  response_modes_supported grant_types_supported code_challenge_methods_supported
  token_endpoint_auth_methods_supported revocation_endpoint_auth_methods_supported
  introspection_endpoint_auth_methods_supported
  token_endpoint_auth_signing_alg_values_supported revocation_endpoint_auth_signing_alg_values_supported
  introspection_endpoint_auth_signing_alg_values_supported subject_types_supported scopes_supported
  id_token_signing_alg_values_supported userinfo_signing_alg_values_supported claims_supported claim_types_supported
  claims_parameter_supported request_parameter_supported request_uri_parameter_supported
  authorization_response_iss_parameter_supported client_id_metadata_document_supported acr_values_supported
  ui_locales_supported prompt_values_supported pushed_authorization_request_endpoint
  require_pushed_authorization_requests require_signed_request_object require_request_uri_registration
  request_object_signing_alg_values_supported authorization_signing_alg_values_supported
  introspection_signing_alg_values_supported dpop_signing_alg_values_supported
  backchannel_logout_supported backchannel_logout_session_supported
  frontchannel_logout_supported frontchannel_logout_session_supported check_session_iframe
  grant_management_endpoint grant_management_actions_supported grant_management_action_required
  identity_chaining_requested_token_types_supported authorization_grant_profiles_supported`.split(
  /\s+/,
);

describe('metadata', () => {
  test('an independent client accepts it for its issuer [RFC 8414 3.3]', async () => {
    const response = Response.json(metadata(facts));
    const read = await oauth.processDiscoveryResponse(new URL(issuer), response);
    expect(read.issuer).toBe(issuer);
  });

  test('every member is a registered one [RFC 8414 7.1]', () => {
    const full = metadata({
      ...facts,
      acr_values: ['1'],
      ui_locales: ['en'],
      client_documents: true,
      session_management: true,
    });
    expect(registered).toEqual(expect.arrayContaining(Object.keys(full)));
    expect(Object.keys(full)).toHaveLength(registered.length);
  });

  test('every endpoint lies under the issuer [RFC 8414 2]', () => {
    const urls = Object.entries(metadata(facts)).filter(([name]) => /_(endpoint|uri)$/.test(name));
    expect(urls).toHaveLength(10);
    for (const [, url] of urls)
      expect(url).toMatch(/^https:\/\/id\.example\/db\/container\/oauth\//);
  });

  test('it says what is left out otherwise [OpenID Connect Discovery 3, RFC 7636 5, RFC 9207 3]', () => {
    expect(metadata(facts)).toMatchObject({
      code_challenge_methods_supported: ['S256'],
      response_types_supported: ['code'],
      request_parameter_supported: true,
      request_uri_parameter_supported: false,
      authorization_response_iss_parameter_supported: true,
      subject_types_supported: ['public', 'pairwise'],
      id_token_signing_alg_values_supported: ['RS256', 'ES256'],
      userinfo_signing_alg_values_supported: ['RS256', 'ES256'],
    });
  });

  test('locales are in canonical case, empty lists are left out [RFC 5646 2.1.1]', () => {
    expect(metadata({ ...facts, ui_locales: ['DE-ch', 'en'] })).toMatchObject({
      ui_locales_supported: ['de-CH', 'en'],
    });
    const sparse = metadata({ ...facts, ui_locales: [], acr_values: [] });
    expect(JSON.stringify(sparse)).not.toMatch(/ui_locales|acr_values/);
  });
});
