// The authenticator app of a person, by another implementation of RFC 6238 than the server's.
import { Secret, TOTP } from 'otpauth';

/** The generator of the key that a page shows. */
export function appOf(html: string): TOTP {
  const [, key = ''] = /<code>([A-Z2-7 ]{39})<\/code>/.exec(html) ?? [];
  return new TOTP({ secret: Secret.fromBase32(key.replaceAll(' ', '')) });
}
