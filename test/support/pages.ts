// The pages: README.md of the whole and of its parts, and the generated page of settings.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const folders = ['sql', 'src', 'templates', 'test'];
const parts = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /(^|\/)(README|SETTINGS)\.md$/.test(name))
    .map((name) => join(folder, name)),
);

export const pages = ['README.md', ...parts.sort()];

export const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** A page without its fenced and indented blocks. */
export function proseOf(page: string): string {
  return textOf(page)
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/^ {4}.*$/gm, '');
}

/** The lines of its indented blocks. */
export function linesOf(page: string): string[] {
  return [...textOf(page).matchAll(/^ {4}(\S.*)$/gm)].map(([, line = '']) => line);
}

/** Its fenced blocks of that language. */
export function blocksOf(page: string, language: string): string[] {
  const blocks = textOf(page).matchAll(/^```(\w*)\n(.*?)^```$/gms);
  return [...blocks].filter(([, of]) => of === language).map(([, , code = '']) => code);
}

/** The rows of the tables below a heading, cell by cell. */
export function tableOf(page: string, heading: string): string[][] {
  const [, section = ''] = textOf(page).split(`\n## ${heading}\n`);
  const [body = ''] = section.split('\n## ');
  const rows = [...body.matchAll(/^\| (.*) \|$/gm)].map(([, row = '']) => row.split(' | '));
  return rows.slice(rows.findIndex(([first]) => first === '---') + 1);
}

/** The anchors of its headings, as GitHub makes them. */
export function anchorsOf(page: string): string[] {
  return [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** Where its relative links lead, from the root. */
export function linksOf(page: string): { path: string; anchor: string | undefined }[] {
  const links = proseOf(page).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g);
  return [...links].map(([, path = '', anchor]) => ({
    path: path === '' ? page : join(dirname(page), path),
    anchor,
  }));
}
