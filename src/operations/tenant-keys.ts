// A key per tenant in a folder, which no backup of the database has: without it nothing of the tenant opens.
import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Master } from '../protocol/seal.ts';
import type { Config } from '../settings/config.ts';
import { makeFolder } from '../settings/folder.ts';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export type TenantKeys = {
  /** The tenant's 32 bytes; made where there are none and `make` is set. */
  key: (tenant: string, make: boolean) => Buffer | undefined;
  /** Deletes the key of a tenant: what is sealed of it, in any backup, opens nowhere again. */
  shred: (tenant: string) => void;
};

/** The keys in a folder, which is made where it is not there; each is read once. */
export function openTenantKeys(folder: string): TenantKeys {
  makeFolder(folder, 0o700);
  const known = new Map<string, Buffer>();
  const find = (tenant: string): Buffer | undefined => {
    try {
      const key = readFileSync(join(folder, tenant));
      if (key.length !== 32)
        throw new Error(`the key of tenant ${tenant} in ${folder} is not 32 bytes long`);
      return key;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
  };
  return {
    key: (tenant, make) => {
      if (!uuid.test(tenant)) throw new TypeError('a tenant is named by its id');
      const key =
        known.get(tenant) ?? find(tenant) ?? (make ? add(folder, tenant, find) : undefined);
      if (key) known.set(tenant, key);
      return key;
    },
    shred: (tenant) => {
      if (!uuid.test(tenant)) throw new TypeError('a tenant is named by its id');
      rmSync(join(folder, tenant), { force: true });
      known.delete(tenant);
    },
  };
}

function add(folder: string, tenant: string, find: (tenant: string) => Buffer | undefined) {
  try {
    writeFileSync(join(folder, tenant), randomBytes(32), { flag: 'wx', mode: 0o600, flush: true });
  } catch (error) {
    // Another process was first.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  return find(tenant);
}

/** What everything is sealed under by the settings; `secret` is PGRANT_SECRET, or that of the embedded database. */
export function openMaster({ oldSecret, tenantKeyFolder }: Config, secret: Buffer): Master {
  const keys = tenantKeyFolder === undefined ? undefined : openTenantKeys(tenantKeyFolder);
  return { current: secret, old: oldSecret, tenantKey: keys?.key };
}
