// Every URL of the developer portal.
import type { Route } from '../router.ts';
import { decideApplication, showApplication, signInForApplication } from './application.ts';
import {
  addApplication,
  changeApplication,
  editApplication,
  findDeveloper,
  listApplications,
  newApplication,
} from './applications.ts';
import { showAnswer, tryApplication } from './try.ts';
import { showUsage } from './usage.ts';

const brought = '/oauth/developer/applications/:client_id';

export const developerRoutes: readonly Route[] = [
  [['GET'], '/developer', 'page', findDeveloper],
  [['GET'], '/oauth/developer', 'page', listApplications],
  [['GET'], '/oauth/developer/new', 'page', newApplication],
  [['POST'], '/oauth/developer/new', 'page', addApplication, 'own pages'],
  [['GET'], brought, 'page', showApplication],
  [['POST'], brought, 'page', decideApplication, 'own pages'],
  [['GET'], `${brought}/edit`, 'page', editApplication],
  [['POST'], `${brought}/edit`, 'page', changeApplication, 'own pages'],
  [['GET'], `${brought}/usage`, 'page', showUsage],
  [['GET'], `${brought}/try`, 'page', tryApplication],
  [['GET'], '/oauth/developer/answer', 'page', showAnswer],
  [['GET'], `${brought}/sign-in-again`, 'page', signInForApplication],
];
