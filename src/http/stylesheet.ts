// The one stylesheet of all pages, of the files of templates/style.
import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../../templates/style', import.meta.url));

/** The files in the order of their names, read once. */
export const stylesheet = readdirSync(folder)
  .toSorted()
  .map((name) => readFileSync(`${folder}/${name}`, 'utf8'))
  .join('\n');

/** Names what it says: pages ask for it by this, so that a browser keeps no older one. */
export const stylesheetVersion = hash('sha256', stylesheet, 'base64url').slice(0, 16);
