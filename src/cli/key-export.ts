import { type Command, Option } from 'commander';
import { ops } from '../db/bindings.ts';
import { callAll } from '../db/call.ts';
import { type KeyFiles, tell, writeKeys } from '../operations/key-folder.ts';
import { type PublicJwk, pemOf, type SigningAlg } from '../protocol/keys.ts';
import { signingAlgs } from '../protocol/lists.ts';
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
the next time.`;

async function exportKeys(session: Session, options: Options): Promise<Output> {
  const { into, after, format, alg } = options;
  if (after !== undefined && into === undefined) throw new UsageError('--after goes with --into');
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
  return into === undefined ? printed(keys, format) : await kept(keys, into, options);
}

function printed(keys: Key[], format: Options['format']): Output {
  if (format === 'pem') {
    const pems = keys.map(({ alg, jwk }) => ({ kid: jwk.kid, alg, pem: pemOf(jwk) }));
    return { json: pems, text: pems.map(({ pem }) => pem.trimEnd()).join('\n') };
  }
  const json = format === 'jwks' ? setOf(keys) : onlyOne(keys);
  return { json, text: JSON.stringify(json, null, 2) };
}

async function kept(keys: Key[], folder: string, options: Options): Promise<Output> {
  const { after } = options;
  const changed = await writeKeys(folder, filesOf(keys, options.format));
  const code = after === undefined ? undefined : await tell(folder, after);
  if (code !== undefined && code !== 0) {
    throw new Refused(
      `the keys in ${folder} are new, and "${after}" failed with exit code ${code}`,
      'it is run again the next time',
    );
  }
  return {
    json: { folder, changed, ran: code === 0 },
    text: changed.length === 0 ? `${folder} is as it was` : `${folder}: ${changed.join(', ')}`,
  };
}

function filesOf(keys: Key[], format: Options['format']): KeyFiles {
  if (format === 'jwks') return new Map([['jwks.json', `${JSON.stringify(setOf(keys))}\n`]]);
  if (format === 'pem')
    return new Map(keys.map(({ alg, jwk }) => [`${alg}/${jwk.kid}`, pemOf(jwk)]));
  const signing = keys.filter(({ state }) => state === 'active');
  return new Map(signing.map(({ alg, jwk }) => [`${alg}.jwk`, `${JSON.stringify(jwk)}\n`]));
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
