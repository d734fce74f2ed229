// The one stylesheet of all pages, of the files of templates/style.
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { accentSheet } from './accent.ts';
import type { Tenant } from './ctx.ts';

const folder = fileURLToPath(new URL('../../templates/style', import.meta.url));

/** The files in the order of their names, read once. */
export const stylesheet = readdirSync(folder)
  .toSorted()
  .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  .join('\n');

const version = hash('sha256', stylesheet, 'base64url').slice(0, 16);

/** What a page may have of it in itself, where no tenant was found and so no address has it. */
export const stylesheetSource = `'sha256-${hash('sha256', stylesheet, 'base64')}'`;

/** The stylesheet of a tenant. */
export function stylesheetOf({ appearance }: Tenant): string {
  const color = appearance?.accent_color;
  return color ? `${stylesheet}\n${accentSheet(color)}` : stylesheet;
}

/** Names what it says: pages ask for it by this, so that a browser keeps no older one. */
export const versionOf = (tenant?: Tenant) =>
  `${version}${tenant?.appearance?.accent_color?.replace('#', '-') ?? ''}`;
