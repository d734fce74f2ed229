// Whether a refresh costs the same among a million families as among a few.
import type { Bench } from './bench.ts';
import type { Result } from './report.ts';

type Settings = { seconds: number; rounds: number; families: number };

/** Measures a refresh before and after families are added: tokens in use, and tokens at random. */
export async function measureGrowth(
  bench: Bench,
  { seconds, rounds, families }: Settings,
): Promise<Result[]> {
  const result = (scenario: Result['scenario'], note: string): Result => ({
    target: 'pgrant',
    scenario,
    note,
    rounds: [],
  });
  const repeat = async (one: Result) => {
    for (let round = 0; round < rounds; round += 1)
      one.rounds.push(await bench.measure(one, seconds));
    return one;
  };
  const before = await repeat(result('refresh opaque', 'alone'));
  console.error(`adding ${families} families`);
  await bench.addFamilies(families);
  const among = await repeat(result('refresh opaque', `among ${families}`));
  const atRandom = await repeat(result('refresh at random', `among ${families}`));
  return [before, among, atRandom];
}
