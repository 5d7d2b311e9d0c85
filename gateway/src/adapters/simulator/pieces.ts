const PIECE = /\s?[\p{L}\p{N}\p{M}]{1,6}|\s?[^\s\p{L}\p{N}\p{M}]{1,2}|\s+/gu;

/** A text in pieces of about four characters, as a model's tokens would cut it: none ends within a character. */
export function tokenPieces(text: string): string[] {
  return text.match(PIECE) ?? [];
}

/** How many tokens the simulated model counts for a text: as many as it would stream it in. */
export function countTokens(text: string): number {
  return tokenPieces(text).length;
}
