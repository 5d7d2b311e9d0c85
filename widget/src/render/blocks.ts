import { Lexer, type Token } from "marked";
import { mend } from "./mend.ts";

/** A text as blocks: what has settled keeps its very token, so that it is rendered once. */
export interface Blocks {
  /**
   * Reads the text as it stands now.
   *
   * @param whole false while more may come
   */
  read(text: string, whole: boolean): readonly Token[];
}

interface Settled {
  text: string;
  tokens: Token[];
  /** Link definitions met so far; what uses one may stand before it. */
  links: Lexer["tokens"]["links"];
}

const nothing = (): Settled => ({ text: "", tokens: [], links: {} });

function lex(text: string, links: Settled["links"]): Token[] {
  const lexer = new Lexer({ gfm: true, breaks: true });
  Object.assign(lexer.tokens.links, links);
  const tokens = lexer.lex(text);
  Object.assign(links, tokens.links);
  return tokens;
}

/**
 * Makes the reader of one growing text. A block has settled once a later block stands behind it whose first line
 * is complete: from then on no further text can change it, save a link definition, for which a whole text is read
 * once more.
 */
export function createBlocks(): Blocks {
  let settled = nothing();

  /** Moves to the settled what no further text can change. */
  function settle(tail: string, tokens: readonly Token[]): void {
    let start = 0;
    let end = 0;
    let count = 0;
    for (const [index, token] of tokens.entries()) {
      const isComplete = tail.indexOf("\n", start) !== -1;
      if (index > 0 && token.type !== "space" && tokens[index - 1]?.type === "space" && isComplete) {
        end = start;
        count = index;
      }
      start += token.raw.length;
      if (tail.slice(start - token.raw.length, start) !== token.raw) break;
    }
    settled.text += tail.slice(0, end);
    settled.tokens.push(...tokens.slice(0, count));
  }

  return {
    read(given, whole) {
      const text = given.replace(/\r\n?/g, "\n");
      if (!text.startsWith(settled.text)) settled = nothing();
      if (whole && Object.keys(settled.links).length > 0) settled = nothing();
      const tail = text.slice(settled.text.length);
      const before = settled.tokens.length;
      const tokens = lex(whole ? tail : mend(tail), settled.links);
      if (whole) return [...settled.tokens, ...tokens];
      settle(tail, tokens);
      return [...settled.tokens, ...tokens.slice(settled.tokens.length - before)];
    },
  };
}
