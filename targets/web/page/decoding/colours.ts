import { roundHalfEven } from "../rounding";

/** Of the colour wheel, the golden ratio: hues of numbers that follow each other lie far apart. */
const TURN = (Math.sqrt(5) - 1) / 2;

/** Saturations and values, in turns, since there are more classes than hues. */
const SHADES = [
  [0.85, 0.95],
  [1, 0.65],
  [0.5, 1],
] as const;

/** Luminance above which black is read better than white. */
const BRIGHT = 0.45;
const BLACK = 0x000000;
const WHITE = 0xffffff;
const BYTE = 0xff;
const SEXTANTS = 6;

/** A class's colour, 0xRRGGBB, always the same: that of Python's `tasks/colours.py`. */
export function colourOf(number: number): number {
  const [saturation, value] = SHADES[number % SHADES.length]!;
  const turns = ((number * TURN) % 1) * SEXTANTS;
  const sextant = Math.trunc(turns);
  const part = turns - sextant;
  const low = value * (1 - saturation);
  const falling = value * (1 - saturation * part);
  const rising = value * (1 - saturation * (1 - part));
  switch (sextant) {
    case 0:
      return colour(value, rising, low);
    case 1:
      return colour(falling, value, low);
    case 2:
      return colour(low, value, rising);
    case 3:
      return colour(low, falling, value);
    case 4:
      return colour(rising, low, value);
    default:
      return colour(value, low, falling);
  }
}

/** Black or white, whichever can be read on a colour. */
export function inkOn(colour: number): number {
  const [red, green, blue] = [colour >> 16, (colour >> 8) & BYTE, colour & BYTE];
  const luminance = (0.299 * red + 0.587 * green + 0.114 * blue) / BYTE;
  return luminance > BRIGHT ? BLACK : WHITE;
}

function colour(...shares: readonly number[]): number {
  return shares.reduce((all, share) => (all << 8) | roundHalfEven(BYTE * share), 0);
}
