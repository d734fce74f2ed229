// The colour of a tenant on the pages: what buttons and links are, in both themes.

/** The grounds of the themes (templates/style/1-colours.css), and the contrast that text needs with them (WCAG 1.4.3). */
const lightGround = [0xf2, 0xf4, 0xf7];
const darkGround = [0x17, 0x1d, 0x26];
const enough = 4.5;
/** The luminance beyond which a colour has too little contrast with the ground of the light theme: pgrant.accent_sound(). */
const lightest = 0.1618;

type Colour = number[];

const channels = (colour: string): Colour =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
const written = (colour: Colour) => `rgb(${colour.map(Math.round).join(' ')})`;
const mixed = (colour: Colour, with_: number, share: number): Colour =>
  colour.map((channel) => channel * (1 - share) + with_ * share);

/** WCAG 2.2, relative luminance. */
function luminance(colour: Colour): number {
  const [red = 0, green = 0, blue = 0] = colour.map((channel) => {
    const part = channel / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Colour, other: Colour): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].toSorted((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

/**
 * A colour before it is set: null where that is none; whether the database would take it; and its contrast with the ground
 * of each theme, to one decimal, rounded down.
 */
export function accentOf(text: string) {
  const [code = null] = /^#[0-9a-f]{6}$/.exec(text.trim()) ?? [];
  if (code === null) return { colour: null, readable: false };
  const colour = channels(code);
  const rounded = (one: Colour, other: Colour) => Math.floor(contrast(one, other) * 10) / 10;
  return {
    colour: code,
    readable: luminance(colour) <= lightest,
    light: rounded(colour, lightGround),
    dark: rounded(inDark(colour), darkGround),
  };
}

/** As light as it has to be in the dark theme. */
function inDark(colour: Colour): Colour {
  let light = colour;
  for (let share = 0; contrast(light, darkGround) < enough + 1; share += 0.05) {
    light = mixed(colour, 255, share);
  }
  return light;
}

/**
 * Its variables for what is in `scope`; the database takes none that is too light for the light theme. In the dark
 * one it is made lighter.
 */
export function accentSheet(accent: string, scope = ':root'): string {
  const colour = channels(accent);
  const light = inDark(colour);
  const theme = (name: Colour, strong: Colour, on: string) =>
    `${scope} { --accent: ${written(name)}; --accent-strong: ${written(strong)}; --on-accent: ${on}; }`;
  return [
    theme(colour, mixed(colour, 0, 0.25), '#ffffff'),
    `@media (prefers-color-scheme: dark) { ${theme(light, mixed(light, 255, 0.3), '#0b1017')} }`,
    '',
  ].join('\n');
}
