// The options that describe a client, shared by `client add` and `client set`.
import { type Command, Option } from 'commander';
import { checkRedirectUri } from '../protocol/redirect-uri.ts';
import { UsageError } from './errors.ts';
import { collect, readSettings } from './input.ts';

export type MetadataOptions = {
  redirectUri?: string[];
  postLogoutRedirectUri?: string[];
  grantType?: string[];
  scope?: string[];
  applicationType?: string;
  accessTokenFormat?: string;
};

type Metadata = Record<string, unknown>;

const grantTypes = ['authorization_code', 'refresh_token', 'client_credentials'];

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
  return { ...Object.fromEntries(given), ...readSettings(pairs) };
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
      'give a --redirect-uri, or --grant-type client_credentials for a client without people',
    );
  }
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}
