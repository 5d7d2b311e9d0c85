import { PROTOCOL_LIMITS } from "@parlance/protocol/constants";

/** More of a title tells nobody more. */
const TITLE_CHARACTERS = 300;

/** Where the visitor is, as a message may say it: an address that is too long goes without its query, or not at all. */
export function currentPage(): { url: string; title?: string } | undefined {
  const { href, origin, pathname } = location;
  const url = [href, `${origin}${pathname}`].find(
    ({ length }) => length <= PROTOCOL_LIMITS.pageUrlCharacters,
  );
  if (url === undefined) return undefined;
  // Half a surrogate pair is no text.
  return { url, title: document.title.slice(0, TITLE_CHARACTERS).replace(/\p{Surrogate}/gu, "") };
}
