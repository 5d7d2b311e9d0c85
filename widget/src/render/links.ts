const LINK_SCHEMES = new Set(["http:", "https:", "mailto:", "tel:"]);

/** Where a link leads, and whether away from the page. */
export interface SafeLink {
  readonly href: string;
  readonly away: boolean;
}

function parse(address: string, base?: string): URL | null {
  return URL.canParse(address, base) ? new URL(address, base) : null;
}

/**
 * Reads a link that a model wrote. The browser's own parser says what its scheme is, so that no spelling of
 * `javascript:` gets past; only schemes that cannot run anything are let through.
 *
 * @param base the address of the page, for relative links
 * @returns null where the link is not to be followed
 */
export function safeLink(address: string, base: string): SafeLink | null {
  const url = parse(address, base);
  if (url === null || !LINK_SCHEMES.has(url.protocol)) return null;
  return { href: url.href, away: url.origin !== parse(base)?.origin };
}

/**
 * Reads a picture's address. Only the gateway's own are shown: a picture from elsewhere would tell its server what
 * a model was made to put into the address, and the page's policy may forbid it.
 *
 * @param gateway the gateway's base URL
 * @returns null where the picture is to be shown as a link, or not at all
 */
export function safePicture(address: string, gateway: string): string | null {
  const url = parse(address);
  return url !== null && url.origin === parse(gateway)?.origin ? url.href : null;
}
