// The options that describe a client, shared by `client add` and `client set`.
import { type Command, Option } from 'commander';
import { type Fields, fieldsOf } from '../protocol/client-fields.ts';
import { hasKeys, requireKeys } from '../protocol/client-metadata.ts';
import { grantTypes } from '../protocol/lists.ts';
import { checkRedirectUri } from '../protocol/redirect-uri.ts';
import { stored } from '../settings/stored.ts';
import { Refused, UsageError } from './faults.ts';
import { collect, readObject } from './input.ts';
import { readSettings, withoutRepeats } from './settings.ts';

export type MetadataOptions = {
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  grantType?: string[];
  scope?: string[];
  applicationType?: string;
  accessTokenFormat?: string;
  jwks?: string;
  jwksUri?: string;
};

type Metadata = Record<string, unknown>;

/** Adds the options to a command. */
export function metadataOptions(command: Command): Command {
  return command
    .option('--redirect-uri <uri>', 'where codes are sent; repeatable', collect())
    .option(
      '--post-logout-redirect-uri <uri>',
      'where browsers go after logout; repeatable',
      collect(),
    )
    .option('--grant-type <type>', `${grantTypes.join(', ')}; repeatable`, collect(...grantTypes))
    .option('--scope <scope>', 'what it may ask for, else every scope; repeatable', collect())
    .option('--jwks <json>', 'public keys (JWK set) of a client that signs (private_key_jwt)')
    .option('--jwks-uri <url>', 'where these keys are, instead')
    .addOption(new Option('--application-type <type>').choices(['web', 'native']))
    .addOption(new Option('--access-token-format <format>').choices(['jwt', 'opaque']));
}

/** The metadata that options and setting=value pairs give; what they leave out is left out. */
export function readMetadata(options: MetadataOptions, pairs: readonly string[]): Metadata {
  const given = Object.entries({
    redirect_uris: options.redirectUri,
    post_logout_redirect_uris: options.postLogoutRedirectUri,
    grant_types: options.grantType,
    scopes: options.scope,
    application_type: options.applicationType,
    access_token_format: options.accessTokenFormat,
  }).filter(([, value]) => value !== undefined);
  const settings = Object.entries(readSettings('clients', pairs));
  return { ...readKeys(options), ...withoutRepeats([...given, ...settings]) };
}

/** A client that is given keys signs by them, and one source of keys takes the place of the other. */
function readKeys({ jwks, jwksUri }: MetadataOptions): Metadata {
  if (jwks === undefined && jwksUri === undefined) return {};
  if (jwks !== undefined && jwksUri !== undefined) {
    throw new UsageError('give --jwks or --jwks-uri, not both');
  }
  return {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks: jwks === undefined ? null : readObject(jwks, '--jwks', '{"keys": [{"kty": "EC", …}]}'),
    jwks_uri: jwksUri ?? null,
  };
}

/** Throws OAuthError for keys that a client may not have, or that it could not authenticate by. */
export function checkKeys(metadata: Metadata): void {
  const { jwks, jwks_uri, token_endpoint_auth_method: method } = metadata;
  const given = Object.entries({ jwks, jwks_uri }).filter(([, value]) => value !== null);
  const fields = given.map(([name, value]) => keysOf(name, value));
  if (hasKeys(method)) requireKeys(Object.assign({}, ...fields));
}

function keysOf(name: string, value: unknown): Fields {
  try {
    return fieldsOf({ [name]: value });
  } catch {
    const setting = stored.clients.find((one) => one.name === name);
    throw new Refused(
      `${name} must be ${setting?.good}`,
      'public keys alone: jwks holds them, jwks_uri says where they are',
    );
  }
}

/** Throws OAuthError for a URI that such a client may not have. */
export function checkUris({ redirect_uris, post_logout_redirect_uris, ...rest }: Metadata): void {
  const client = { public: rest.token_endpoint_auth_method === 'none' };
  for (const uri of [...texts(redirect_uris), ...texts(post_logout_redirect_uris)]) {
    checkRedirectUri(uri, client);
  }
}

/** Throws UsageError for a client that could not be used as it is described. */
export function checkGrants({ grant_types, redirect_uris }: Metadata): void {
  const codes = grant_types === undefined || texts(grant_types).includes('authorization_code');
  if (codes && texts(redirect_uris).length === 0) {
    throw new UsageError(
      'give a --redirect-uri, or --grant-type client_credentials for a client without users, ' +
        'or --grant-type urn:ietf:params:oauth:grant-type:device_code for a device without a browser',
    );
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
