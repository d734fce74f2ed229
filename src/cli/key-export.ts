import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { alone, FolderBusy } from '../operations/folder-lock.ts';
import {
  type KeyFile,
  KeyFileTaken,
  type KeyRun,
  tell,
  writeKeys,
} from '../operations/key-folder.ts';
import { type PublicJwk, pemOf, type SigningAlg } from '../protocol/keys.ts';
import { signingAlgs } from '../protocol/lists.ts';
import { makeFolder } from '../settings/folder.ts';
import { Refused, UsageError } from './faults.ts';
import { findTenant, type Output, type Session } from './operator-session.ts';
import { withSession } from './run.ts';
import { tenantCommand } from './subject.ts';

type Options = {
  tenant: string;
  format: 'pem' | 'jwk' | 'jwks';
  alg?: SigningAlg;
  into?: string;
  after?: string;
};

/** A key that is published. */
type Key = { alg: SigningAlg; state: string; jwk: PublicJwk };

export function declareExport(group: Command): void {
  tenantCommand(group, 'export', "the public keys, for servers that can't read the JWK set")
    .addOption(new Option('--format <format>').choices(['pem', 'jwk', 'jwks']).default('pem'))
    .addOption(new Option('--alg <alg>', 'of this algorithm only').choices(signingAlgs))
    .option(
      '--into <folder>',
      'keep files there: <alg>/<kid> (pem), <alg>.jwk (the one that signs), jwks.json',
    )
    .option('--after <command>', 'run this where a file has changed')
    .addHelpText('after', folderHelp)
    .action(withSession(exportKeys));
}

const folderHelp = `
Keys are published before they sign, and until the last token that they signed is dead. Have --into
run more often than key_publish_lead of the tenant, such as hourly. A command that fails is run again
the next time. What is removed is what such a run has written for this tenant, of a key that is dead.`;

async function exportKeys(session: Session, options: Options): Promise<Output> {
  const { into, after, format, alg } = options;
  if (after !== undefined && into === undefined) throw new UsageError('--after goes with --into');
  if (into === '') throw new UsageError('--into wants the path of a folder');
  const tenant = await findTenant(session, options.tenant);
  const rows = await callAll(session.database, ops.key_list, { tenant });
  const keys = rows
    .map((key) => ({
      ...key,
      alg: key.alg as SigningAlg,
      jwk: key.public_jwk as unknown as PublicJwk,
    }))
    .filter((key) => alg === undefined || key.alg === alg);
  if (keys.length === 0) {
    const have = [...new Set(rows.map((key) => key.alg))].join(', ') || 'none yet';
    throw new Refused(
      `tenant ${options.tenant} has no key${alg ? ` for ${alg}` : ''}`,
      `it has: ${have}`,
    );
  }
  if (into === undefined) return printed(keys, format);
  const run = {
    tenant: { id: tenant, name: options.tenant },
    format,
    alg,
    kids: rows.map((key) => key.kid),
    files: filesOf(keys, format),
  };
  return await kept(into, run, after);
}

function printed(keys: Key[], format: Options['format']): Output {
  if (format === 'pem') {
    const pems = keys.map(({ alg, jwk }) => ({ kid: jwk.kid, alg, pem: pemOf(jwk) }));
    return { json: pems, text: pems.map(({ pem }) => pem.trimEnd()).join('\n') };
  }
  const json = format === 'jwks' ? setOf(keys) : onlyOne(keys);
  return { json, text: JSON.stringify(json, null, 2) };
}

async function kept(folder: string, run: KeyRun, after: string | undefined): Promise<Output> {
  const { written, removed, left, code } = await inFolder(folder, async () => ({
    ...(await writeKeys(folder, run)),
    code: after === undefined ? undefined : await tell(folder, after),
  }));
  if (code !== undefined && code !== 0) {
    throw new Refused(
      `the keys in ${folder} are new, and "${after}" failed with exit code ${code}`,
      'it is run again the next time',
    );
  }
  const said = [
    ...(written.length > 0 ? [written.join(', ')] : []),
    ...(removed.length > 0 ? [`removed: ${removed.join(', ')}`] : []),
    ...(left.length > 0 ? [`left as it is, not of ${run.alg}: ${left.join(', ')}`] : []),
  ];
  const same = written.length + removed.length === 0;
  return {
    json: { folder, changed: written, removed, left, ran: code === 0 },
    text: [`${folder}${same ? ' is as it was' : ''}`, said.join('; ')].filter(Boolean).join(': '),
  };
}

/** Work on the folder, of one run at a time; what the operating system says no to is told with what to give. */
async function inFolder<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    makeFolder(folder);
    return await alone(folder, work);
  } catch (error) {
    if (error instanceof FolderBusy) {
      throw new Refused(`another run is at work in ${folder}`, 'what it has not done is done next');
    }
    if (error instanceof KeyFileTaken) {
      throw new Refused(error.message, 'give each tenant a folder of its own by --into');
    }
    const { syscall, code, path = folder } = error as NodeJS.ErrnoException;
    if (syscall === undefined) throw error;
    throw new UsageError(`--into wants a folder that can be written, and ${path} cannot (${code})`);
  }
}

function filesOf(keys: Key[], format: Options['format']): KeyFile[] {
  if (format === 'jwks') {
    return [{ path: 'jwks.json', text: `${JSON.stringify(setOf(keys))}\n` }];
  }
  if (format === 'pem') {
    return keys.map(({ alg, jwk }) => ({
      path: `${alg}/${jwk.kid}`,
      text: pemOf(jwk),
      alg,
      kid: jwk.kid,
    }));
  }
  const signing = keys.filter(({ state }) => state === 'active');
  return signing.map(({ alg, jwk }) => ({
    path: `${alg}.jwk`,
    text: `${JSON.stringify(jwk)}\n`,
    alg,
    kid: jwk.kid,
  }));
}

/** The JWK set (RFC 7517 5). */
const setOf = (keys: Key[]) => ({ keys: keys.map(({ jwk }) => jwk) });

function onlyOne(keys: Key[]): PublicJwk {
  const signing = keys.filter(({ state }) => state === 'active');
  const [one, other] = signing;
  if (one === undefined) throw new Refused('no key signs yet', 'export jwks, or wait');
  if (other === undefined) return one.jwk;
  throw new UsageError(`say which with --alg: ${signing.map(({ alg }) => alg).join(', ')}`);
}
