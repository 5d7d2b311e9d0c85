/** An answer from outside. */
export interface OutsideAnswer {
  readonly status: number;
  /** Whole, as UTF-8. */
  readonly body: string;
}

/** Why a server outside was not asked, or not heard. The message names its host and nothing that it said. */
export class OutsideRefused extends Error {
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = "OutsideRefused";
  }
}

/**
 * Asks servers whose URLs tenants gave, and trusts neither. Only `https:`, and only hosts all of whose addresses are
 * public: none of this machine, of private or link-local networks, or of a cloud's metadata. The address that was
 * judged is the one that is connected to; redirects are judged anew. Answers are bounded in size and time.
 */
export interface OutsideFetch {
  /** Rejects with {@link OutsideRefused}. */
  get(url: string): Promise<OutsideAnswer>;
  /** Posts a form; a redirect is an error. Rejects with {@link OutsideRefused}. */
  postForm(url: string, fields: Readonly<Record<string, string>>): Promise<OutsideAnswer>;
}
