// The checks behind config.ts, one per kind of value: a text in, the value or a ConfigError out.
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import ipaddr from 'ipaddr.js';

/** A setting that cannot be used: the message names the variable and what is expected. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** What to say where PGRANT_SECRET is another one than that of the database, or of the tenants that `whose` tells. */
export function otherSecret(whose?: string): ConfigError {
  if (whose !== undefined) {
    return new ConfigError(
      `PGRANT_SECRET is not what the signing keys of ${whose} are sealed under: set the one that they were made with as ` +
        'PGRANT_SECRET_OLD and run pgrant key reseal, and set PGRANT_TENANT_KEYS where tenants have keys of their own',
    );
  }
  return new ConfigError(
    'PGRANT_SECRET is not what the signing keys of this database are sealed under: set the one that they were made ' +
      'with (PGRANT_SECRET_OLD too while it changes), and PGRANT_TENANT_KEYS where tenants have keys of their own',
  );
}

export type Environment = Record<string, string | undefined>;

/** `NAME`, or the content of the file that `NAME_FILE` names (container secrets); '' is unset. */
export function value(env: Environment, name: string): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  if (env[name]) throw new ConfigError(`${name} and ${name}_FILE are both set: keep one of them`);
  return readSetting(`${name}_FILE`, file).toString('utf8').trim() || undefined;
}

function readSetting(name: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new ConfigError(
      `${name} names a file that cannot be read: ${file} (${(error as NodeJS.ErrnoException).code})`,
    );
  }
}

export function integer(name: string, text: string, least: number, most: number): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= most) return number;
  throw new ConfigError(`${name} must be a whole number from ${least} to ${most}, not "${text}"`);
}

export function share(name: string, text: string): number {
  const number = /^[0-9.]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number >= 0 && number <= 1) return number;
  throw new ConfigError(`${name} must be a number from 0 to 1, not "${text}"`);
}

export function flag(name: string, text: string): boolean {
  if (text === '1' || text === 'true') return true;
  if (text === '0' || text === 'false') return false;
  throw new ConfigError(`${name} must be true, false, 1 or 0, not "${text}"`);
}

export function oneOf(name: string, text: string, allowed: readonly string[]): string {
  if (allowed.includes(text)) return text;
  throw new ConfigError(`${name} must be one of ${allowed.join(', ')}, not "${text}"`);
}

export function publicAddress(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url?.hostname ?? '');
  const secure = url?.protocol === 'https:' || (url?.protocol === 'http:' && loopback);
  if (!url || !secure || url.search || url.hash || url.username || url.password) {
    throw new ConfigError(
      `PUBLIC_URL must be an https URL (http on a loopback address) without query, not "${text}"`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

export function webAddress(name: string, text: string | undefined): string | undefined {
  if (text === undefined || (/^https?:/i.test(text) && URL.canParse(text))) return text;
  throw new ConfigError(`${name} must be an http or https URL, not "${text}"`);
}

export function secretBytes(name: string, text: string | undefined): Buffer | undefined {
  if (text === undefined) return undefined;
  const bytes = Buffer.from(text, 'base64');
  if (/^[\w+/-]{43}=?$/.test(text) && bytes.length === 32) return bytes;
  throw new ConfigError(`${name} must be 32 bytes in base64 (openssl rand -base64 32)`);
}

export function tlsFiles(
  certFile: string | undefined,
  keyFile: string | undefined,
): { cert: Buffer; key: Buffer } | undefined {
  if (!certFile && !keyFile) return undefined;
  if (!certFile) throw new ConfigError('TLS_CERT must be set when TLS_KEY is');
  if (!keyFile) throw new ConfigError('TLS_KEY must be set when TLS_CERT is');
  const pair = { cert: readSetting('TLS_CERT', certFile), key: readSetting('TLS_KEY', keyFile) };
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new ConfigError(
      `TLS_CERT and TLS_KEY must be a PEM certificate and its key: ${(error as Error).message}`,
    );
  }
  return pair;
}

/** The certificates of a PEM file. */
export function certificates(name: string, file: string | undefined): X509Certificate[] {
  if (file === undefined) return [];
  const blocks = readSetting(name, file)
    .toString()
    .match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  try {
    if (blocks) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Said below.
  }
  throw new ConfigError(`${name} must be a PEM file of certificates: ${file}`);
}

export function proxies(text: string | undefined): (address: string) => boolean {
  const names = (text ?? '').split(',').map((name) => name.trim());
  const trusted = names.filter((name) => name !== '').map(proxy);
  return (address) => {
    if (trusted.length === 0 || !ipaddr.isValid(address)) return false;
    const peer = ipaddr.process(address);
    return trusted.some((matches) => matches(peer));
  };
}

type Address = ReturnType<typeof ipaddr.process>;

function proxy(name: string): (peer: Address) => boolean {
  if (name === 'loopback') return (peer) => peer.range() === 'loopback';
  if (name === 'private') {
    return (peer) => ['loopback', 'private', 'uniqueLocal', 'linkLocal'].includes(peer.range());
  }
  try {
    const [network, bits] = name.includes('/')
      ? ipaddr.parseCIDR(name)
      : ([ipaddr.parse(name), name.includes(':') ? 128 : 32] as const);
    return (peer) => peer.kind() === network.kind() && peer.match(network, bits);
  } catch {
    throw new ConfigError(
      `TRUST_PROXY must list addresses, CIDR ranges, loopback or private, not "${name}"`,
    );
  }
}
