// Choices that can be made again.
import { randomNumbers } from '../support/random.ts';

export type Chance = {
  below: (limit: number) => number;
  /** True in one case of `cases`. */
  oneIn: (cases: number) => boolean;
  pick: <T>(list: readonly T[]) => T;
  /** Text of `length` characters of an alphabet. */
  text: (length: number, alphabet?: string) => string;
};

export const base64url = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** The choices of one request: the same for the same seed and number. */
export function chanceOf(seed: number, request: number): Chance {
  const next = randomNumbers(Math.imul(seed, 0x9e3779b1) ^ Math.imul(request + 1, 0x85ebca6b));
  const below = (limit: number) => Math.floor(next() * limit);
  return {
    below,
    oneIn: (cases) => below(cases) === 0,
    pick: <T>(list: readonly T[]) => list[below(list.length)] as T,
    text: (length, alphabet = base64url) =>
      Array.from({ length }, () => alphabet[below(alphabet.length)]).join(''),
  };
}
