// Names that people decide by show what they are: the twin of pgrant.name_sound, for the nicer message.

/** Characters that a person does not see, or that change the order of those around them, or are lost. */
const invisible =
  /(?! )[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Z}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2800\uFFFC\uFFFD]/u;

const keycap = /[0-9#*]\uFE0F\u20E3/gu;
const pictograph = /(?<=\p{Extended_Pictographic})\uFE0F/gu;
const joinedPictographs =
  /(?<=\p{Extended_Pictographic}[\u{1F3FB}-\u{1F3FF}]?)\u200D(?=\p{Extended_Pictographic})/gu;
/** Between letters of Arabic, Syriac, the Indic scripts, Tibetan, Myanmar and Khmer. */
const joinedLetters =
  /(?<=[\u0600-\u0DFF\u0F00-\u109F\u1780-\u17FF])[\u200C\u200D](?=[\u0600-\u0DFF\u0F00-\u109F\u1780-\u17FF])/gu;

/** A combining mark of no script of its own would sit on what stands before the name. */
const leadingMark = /^[\u0300-\u036F\u1AB0-\u1AFF\u1DC0-\u1DFF\u20D0-\u20FF\uFE20-\uFE2F]/u;

const lengthLimit = 255;

/** The name in normal form C with any white space as one space (pgrant.name_normal). */
export function normalName(name: string): string {
  return name
    .normalize('NFC')
    .replace(/[\t-\r \u0085\u00A0\u1680\u2000-\u200A\u2028\u2029\u202F\u205F\u3000]+/gu, ' ')
    .replace(/^ | $/gu, '');
}

/** Whether people see a name as it is (pgrant.name_sound). */
export function isSoundName(name: string): boolean {
  const shown = [keycap, pictograph, joinedPictographs, joinedLetters].reduce(
    (rest, good) => rest.replace(good, ''),
    name,
  );
  return (
    name !== '' &&
    [...name].length <= lengthLimit &&
    name === normalName(name) &&
    !leadingMark.test(name) &&
    !invisible.test(shown)
  );
}
