// RFC 5869 and NIST SP 800-38D: what the database keeps and cannot read, AES-256-GCM under a derived key.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

const cipher = 'aes-256-gcm';
const keyIdBytes = 4;
const nonceBytes = 12;
const tagBytes = 16;

/** What a key is for: each purpose has a key of its own under the same master secret. */
export type Purpose =
  | 'pgrant signing key'
  | 'pgrant upstream secrets'
  | 'pgrant upstream tokens'
  | 'pgrant upstream login'
  | 'pgrant logout hint'
  | 'pgrant dpop nonce'
  | 'pgrant user code'
  | 'pgrant backup manifest'
  | 'pgrant webhook secret'
  | 'pgrant admin secret'
  | 'pgrant totp secret'
  | 'pgrant remembered username';

/** Where something is sealed: it does not open at another tenant, nor under another name. */
export type Place = { tenant: string; name: string };

/** What everything is sealed under: 32 bytes, or those with what opens besides. */
export type Master =
  | Buffer
  | {
      current: Buffer;
      /** What `current` was before: opens, and seals nothing. */
      old: Buffer | undefined;
      /** A tenant's own 32 bytes, made where there are none and `make` is set; undefined where tenants have none. */
      tenantKey: ((tenant: string, make: boolean) => Buffer | undefined) | undefined;
    };

/** One way to derive keys: a secret, and the tenant's own key or nothing. */
type Root = { secret: Buffer; salt: Buffer };

const none = Buffer.alloc(0);

/** The keys of derivedText by secret: deriving one costs several times what using it does. */
const textKeys = new WeakMap<Buffer, Map<Purpose, KeyObject>>();

/** Seals bytes for one place: the id of the key, nonce, ciphertext, tag. */
export function seal(master: Master, purpose: Purpose, place: Place, plain: Buffer): Buffer {
  const root = sealing(master, place.tenant);
  const nonce = randomBytes(nonceBytes);
  const encrypting = createCipheriv(cipher, derivedKey(root, purpose), nonce);
  encrypting.setAAD(Buffer.from(`${place.tenant} ${place.name}`));
  const sealed = encrypting.update(plain);
  encrypting.final();
  return Buffer.concat([keyId(root), nonce, sealed, encrypting.getAuthTag()]);
}

/** Opens what seal made; throws where it was sealed under a secret that is not here, or for another place. */
export function unseal(master: Master, purpose: Purpose, place: Place, sealed: Buffer): Buffer {
  const root = opening(master, place.tenant).find((one) => keyId(one).equals(keyIdOf(sealed)));
  if (!root) throw new Error('sealed under a secret that is not here');
  const decrypting = createDecipheriv(
    cipher,
    derivedKey(root, purpose),
    sealed.subarray(keyIdBytes, keyIdBytes + nonceBytes),
    { authTagLength: tagBytes },
  );
  decrypting.setAAD(Buffer.from(`${place.tenant} ${place.name}`));
  decrypting.setAuthTag(sealed.subarray(-tagBytes));
  const plain = decrypting.update(sealed.subarray(keyIdBytes + nonceBytes, -tagBytes));
  decrypting.final();
  return plain;
}

/** The first 4 bytes of whatever is sealed for a tenant now: what has others is to be sealed again. */
export function sealedKeyId(master: Master, tenant: string): Buffer {
  return keyId(sealing(master, tenant));
}

/** Whether what a tenant has sealed under the key of this id opens here. */
export function opens(master: Master, tenant: string, id: Buffer): boolean {
  return opening(master, tenant).some((one) => keyId(one).equals(id));
}

/** 32 bytes in base64url that only the holder of the master secret can make from a text. */
export function derivedText(master: Master, purpose: Purpose, text: string): string {
  const secret = 'current' in master ? master.current : master;
  return createHmac('sha256', textKey(secret, purpose)).update(text).digest('base64url');
}

function textKey(secret: Buffer, purpose: Purpose): KeyObject {
  const keys = textKeys.get(secret) ?? new Map<Purpose, KeyObject>();
  textKeys.set(secret, keys);
  const key = keys.get(purpose) ?? createSecretKey(derivedKey({ secret, salt: none }, purpose));
  keys.set(purpose, key);
  return key;
}

function sealing(master: Master, tenant: string): Root {
  if (!('current' in master)) return { secret: master, salt: none };
  return { secret: master.current, salt: master.tenantKey?.(tenant, true) ?? none };
}

function opening(master: Master, tenant: string): Root[] {
  if (!('current' in master)) return [{ secret: master, salt: none }];
  const { current, old, tenantKey } = master;
  const own = tenantKey?.(tenant, false);
  const secrets = old ? [current, old] : [current];
  return (own ? [own, none] : [none]).flatMap((salt) =>
    secrets.map((secret) => ({ secret, salt })),
  );
}

function keyIdOf(sealed: Buffer): Buffer {
  return sealed.subarray(0, keyIdBytes);
}

function keyId(root: Root): Buffer {
  return derive(root, 'pgrant key id', keyIdBytes);
}

function derivedKey(root: Root, purpose: Purpose): Buffer {
  return derive(root, purpose, 32);
}

function derive({ secret, salt }: Root, info: string, length: number): Buffer {
  if (secret.length !== 32) throw new Error('the master secret is not 32 bytes long');
  return Buffer.from(hkdfSync('sha256', secret, salt, info, length));
}
