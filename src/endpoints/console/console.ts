// The console of a tenant: pages for people with a role of admins, by the operations of the admin API.
import { accentOf } from '../../http/accent.ts';
import { parameters } from '../../http/body.ts';
import type { Ctx } from '../../http/ctx.ts';
import { flash } from '../../http/flash.ts';
import { versionsIn } from '../../http/form-version.ts';
import { keepTyped } from '../../http/keep-typed.ts';
import { render } from '../../http/render.ts';
import { presentedCsrfToken } from '../../http/session.ts';
import { type ErrorCode, OAuthError } from '../../protocol/errors.ts';
import { eventTypes, pageLanguages } from '../../protocol/lists.ts';
import { newSecret } from '../../protocol/secrets.ts';
import type { Arguments, Operation } from '../admin-api/admin-operation.ts';
import { costly, makeArguments, newSecretSalt } from '../admin-api/made-arguments.ts';
import type { Endpoint, EndpointServices } from '../endpoint.ts';
import { csvOf } from './audit-csv.ts';
import { answerChange, countsOnce, listOf, showRepeated } from './console-answer.ts';
import { perform, type Shown } from './console-call.ts';
import {
  formArguments,
  formOperation,
  isConfirmed,
  secretFields,
  type Typed,
  tenantSettings,
  textOfValue,
} from './console-form.ts';
import { cutList } from './console-list.ts';
import { auditQuery, auditSearch, type Call } from './console-page.ts';
import { type Found, findPage, queryOf, readsOf } from './console-path.ts';
import { goTo, signIn, signInPath } from './console-sign-in.ts';
import { movedOf, versionsOf } from './console-versions.ts';
import { differs, policyGroups } from './policy.ts';

/** Shows a page. */
export function showConsole(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const found = findPage(ctx);
    const { calls, unread } = readsOf(found);
    const row = await perform(services, ctx, calls);
    if (row === undefined) return signIn(ctx);
    showPage(ctx, found, row, { calls, ...(unread && { unread }) });
  };
}

/** Does what a form of a page asks for, and shows the page again; where that failed, with what was typed. */
export function changeConsole(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const found = findPage(ctx);
    const typed = typedIn(ctx);
    const again = (problem: Problem) => showAgain(services, ctx, found, { ...problem, typed });
    if (typed.preview !== undefined) return again({});
    const operation = formOperation(typed);
    try {
      const given = formArguments(operation, found.named, typed);
      if (!isConfirmed(operation, given, typed)) return await again({ fault: 'confirm' });
      await change(services, ctx, found, { operation, given, typed });
    } catch (failure) {
      const { error, detail } = failure as OAuthError;
      if (error === 'insufficient_user_authentication') {
        // Of what cannot be taken back only its name was typed.
        if (operation.effect === 'destroy') return signIn(ctx, 'login');
        return keepTyped(ctx, signInPath(ctx, 'login'), secretFields, true);
      }
      // Of a session before this one: the form is shown again, with a token that is good.
      if (error === 'csrf_mismatch') return again({ fault: 'again' });
      if (error !== 'invalid_request' || detail === undefined) throw failure;
      return again({ detail });
    }
  };
}

type Change = { operation: Operation; given: Arguments; typed: Typed };

async function change(services: EndpointServices, ctx: Ctx, found: Found, asked: Change) {
  const { operation, given, typed } = asked;
  if (costly.includes(operation.operation) && !(await perform(services, ctx, [])))
    return keepTyped(ctx, ctx.path, secretFields);
  const salt = newSecretSalt();
  const made = await makeArguments(services, ctx, operation, given, { salt, sent: typed });
  const write = { operation: operation.operation, arguments: { ...given, ...made.arguments } };
  const calls = [write, ...found.page.reads(found.asked)];
  const { csrf, once } = typed;
  const isOnce = once !== undefined && countsOnce(operation, made.shown);
  const versions = versionsIn(typed.version);
  const row = await perform(services, ctx, calls, { csrf, versions, ...(isOnce && { once }) });
  if (row === undefined) return keepTyped(ctx, ctx.path, secretFields);
  if (row.repeated) return showRepeated(ctx, found, { ...row, shown: made.shown });
  const [done, ...results] = row.results;
  if (done?.error) {
    if (!isThere(found, results)) {
      flash(ctx, 'moved_on');
      return goTo(ctx, listOf(found));
    }
    const isMoved = done.error === 'precondition_failed';
    const problem = isMoved ? movedOf(done, typed) : { typed, detail: done.detail };
    return showPage(ctx, found, { ...row, results }, problem);
  }
  answerChange(ctx, found, operation, { ...row, given: write.arguments, shown: made.shown });
}

/** Shows a page with what was typed, and changes nothing. */
async function showAgain(
  services: EndpointServices,
  ctx: Ctx,
  found: Found,
  problem: Problem & { typed: Typed },
): Promise<void> {
  const row = await perform(services, ctx, found.page.reads(found.asked));
  if (row === undefined) return keepTyped(ctx, ctx.path, secretFields);
  showPage(ctx, found, row, problem);
}

/** Answers with the audit as CSV, 1,000 events at most. */
export function downloadAudit(services: EndpointServices): Endpoint {
  return async (ctx) => {
    const asked = queryOf(ctx, auditQuery);
    const row = await perform(services, ctx, [auditSearch(asked, 1000)]);
    if (row === undefined) return signIn(ctx);
    const [found] = row.results;
    if (found?.error) throw new OAuthError(found.error as ErrorCode, found.detail ?? '');
    ctx.set('Cache-Control', 'no-store');
    ctx.attachment('audit.csv');
    ctx.type = 'text/csv; charset=utf-8';
    ctx.body = csvOf(found?.value as Record<string, unknown>[]);
  };
}

function typedIn(ctx: Ctx): Typed {
  const sent = Object.entries(parameters(ctx));
  return Object.fromEntries(sent.map(([name, value]) => [name, [value].flat().join('\n')]));
}

type Problem = {
  typed?: Typed;
  fault?: 'confirm' | 'again';
  detail?: string | null;
  /** What somebody else has changed since the form was made, as it is now. */
  moved?: Arguments;
  /** What was read, where that is not what the page was asked for, and what of that could not be read. */
  calls?: Call[];
  unread?: string;
};

function showPage(ctx: Ctx, found: Found, row: Shown, problem: Problem = {}): void {
  const { page, asked, named } = found;
  const { calls: reads = page.reads(asked), unread, ...shownProblem } = problem;
  const values = Object.fromEntries(
    reads.map(({ operation }, at) => [operation, row.results[at]?.value ?? null]),
  );
  const failed = unread === undefined ? failureOf(found, row, values) : { detail: unread };
  const pages = cutList(ctx, found, values);
  const { typed = {}, moved } = problem;
  const isWrong = [problem.fault, problem.detail, moved].some((one) => one !== undefined);
  const shown = { ...values, ...asked, asked, named, section: page.section, failed };
  const data = {
    ...shown,
    ...shownProblem,
    typed,
    is_wrong: isWrong,
    username_of_admin: row.username,
    may_write: row.may_write,
    csrf: presentedCsrfToken(ctx),
    // The same where the page is shown again: what makes a form of a secret count once.
    once: typed.once ?? newSecret().secret,
    version_of: versionsOf(reads, row.results, typed),
    issuer: ctx.state.tenant.issuer,
    here: `${ctx.state.tenant.path}${ctx.path}`,
    here_in_list: `${ctx.state.tenant.path}${ctx.path}${ctx.search}`,
    query: ctx.querystring,
    pages,
    setting_of: tenantSettings.find(({ name }) => name === asked.setting),
    policy_groups: policyGroups,
    differs,
    languages: pageLanguages,
    event_types: eventTypes,
    as_text: textOfValue,
    accent_of: accentOf,
  };
  const status = moved ? 409 : 400;
  render(ctx, page.template, data, isWrong || unread !== undefined ? { status } : {});
}

/** Whether there is still what the path of a page names: another admin, or another tab, may have removed it. */
const isThere = ({ named }: Found, results: Shown['results']) =>
  Object.keys(named).length === 0 || results.every(({ error }) => error !== 'not_found');

/** What a form asked for in vain; throws not_found where there is nothing by this path, and what else has failed. */
function failureOf({ page, named }: Found, { results }: Shown, values: Record<string, unknown>) {
  const isNamed = Object.keys(named).length > 0;
  const missing = isNamed ? results.find(({ error }) => error === 'not_found') : undefined;
  if (missing || page.names?.(named, values) === false) {
    throw new OAuthError('not_found', missing?.detail ?? 'there is none');
  }
  const failed = results.find(({ error }) => error !== null);
  if (failed?.error && !(page.asks && failed.detail)) {
    throw new OAuthError(failed.error as ErrorCode, failed.detail ?? 'no list goes on there');
  }
  return failed;
}
