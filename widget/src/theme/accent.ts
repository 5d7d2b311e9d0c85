/** Red, green and blue, 0 to 255. */
type Rgb = readonly [number, number, number];

/** The colours derived from a site's accent, as CSS colours. */
export interface AccentColours {
  readonly accent: string;
  /** Text and icons on the accent. */
  readonly onAccent: string;
  /** The accent as text on the panel's surface. */
  readonly ink: string;
}

/** The accent where a site sets none. */
export const DEFAULT_ACCENT = "#0f766e";

const WHITE: Rgb = [255, 255, 255];
const BLACK: Rgb = [0, 0, 0];
const NEAR_BLACK: Rgb = [16, 18, 22];
/** What WCAG AA asks of text, with a margin for the tinted grounds it may stand on. */
const READABLE = 4.9;

/** Reads `#rgb` or `#rrggbb`; anything else is null, so that nothing else ever reaches a style sheet. */
export function parseHex(colour: unknown): Rgb | null {
  if (typeof colour !== "string") return null;
  const digits = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(colour.trim())?.[1];
  if (digits === undefined) return null;
  const full = digits.length === 3 ? digits.replace(/./g, "$&$&") : digits;
  const value = Number.parseInt(full, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/** The contrast ratio of WCAG 2, from 1 to 21. */
export function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return from.map((part, index) => Math.round(part + ((to[index] ?? part) - part) * share)) as unknown as Rgb;
}

function hex(colour: Rgb): string {
  return `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/**
 * Makes an accent usable: what stands on it is white or near black, whichever reads better, and as text it is
 * darkened or lightened until it can be read.
 *
 * @param accent a hex colour; anything else is the default
 * @param surface the panel's ground, as a hex colour
 */
export function accentColours(accent: unknown, surface: string): AccentColours {
  const colour = parseHex(accent) ?? (parseHex(DEFAULT_ACCENT) as Rgb);
  const ground = parseHex(surface) ?? WHITE;
  // White where it can be read at all: it looks calmer than black on mid tones.
  const onAccent = contrast(colour, WHITE) >= 4.5 ? WHITE : BLACK;
  const away = luminance(ground) > 0.4 ? NEAR_BLACK : WHITE;
  let share = 0;
  while (share < 1 && contrast(mix(colour, away, share), ground) < READABLE) share += 0.05;
  return { accent: hex(colour), onAccent: hex(onAccent), ink: hex(mix(colour, away, Math.min(share, 1))) };
}
