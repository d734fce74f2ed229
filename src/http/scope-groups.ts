// Many scopes, in groups that people look through one by one.

type Group<Scope> = { name: string; scopes: Scope[] };

/** A page has room for so many. */
const few = 12;

/**
 * Scopes by what stands before the first separator of their names; with the name '' those that have nothing, or nobody, in common, and
 * all of them where they are few.
 */
export function scopeGroups<Scope extends { scope: string }>(scopes: Scope[]): Group<Scope>[] {
  if (scopes.length <= few) return [{ name: '', scopes }];
  const found = Map.groupBy(scopes, ({ scope }) => /^(.+?)[.:/_]/.exec(scope)?.[1] ?? '');
  const groups = [...found].map(([name, scopes]) => ({ name, scopes }));
  const alone = groups.filter(({ name, scopes }) => name === '' || scopes.length === 1);
  const others = { name: '', scopes: alone.flatMap(({ scopes }) => scopes) };
  return [others, ...groups.filter((one) => !alone.includes(one))].filter(
    ({ scopes }) => scopes.length > 0,
  );
}

type Asked = { scope: string; sensitive: boolean; granted: boolean };

/**
 * What an application asks for: as a list what people have to see, and in groups the rest of what is many. They have to see what is
 * sensitive, and what is new to whoever has allowed something before.
 */
export function scopesAsked<Scope extends Asked>(
  scopes: Scope[],
): { seen: Scope[]; groups: Group<Scope>[]; isMore: boolean } {
  const isMore = scopes.some(({ granted }) => granted);
  if (scopes.length <= few) return { seen: scopes, groups: [], isMore };
  const { seen = [], rest = [] } = Object.groupBy(scopes, ({ sensitive, granted }) =>
    sensitive || (isMore && !granted) ? 'seen' : 'rest',
  );
  return { seen, groups: rest.length > 0 ? scopeGroups(rest) : [], isMore };
}
