import type { Token, Tokens } from "marked";
import type { ComponentChild, ComponentType } from "preact";
import { createBlocks } from "./blocks.ts";
import { decodeEntities } from "./entities.ts";
import { safeLink, safePicture } from "./links.ts";

/** What the elements of an answer are made with. */
export interface MarkdownOptions {
  /** The address of the page, for relative links. */
  readonly page: string;
  /** The gateway's base URL, the only place whose pictures are shown. */
  readonly gateway: string;
  /** How a block of code is shown. */
  readonly Code: ComponentType<{ language: string; text: string }>;
  /** What a table that scrolls is called. */
  readonly table: string;
}

/** A growing text, as elements. */
export interface MarkdownView {
  /**
   * The elements of the text as it stands now; those of settled blocks are the very same as before.
   *
   * @param whole false while more may come
   */
  render(text: string, whole: boolean): ComponentChild[];
}

/** Makes the view of one growing text. */
export function createMarkdown(options: MarkdownOptions): MarkdownView {
  const blocks = createBlocks();
  const rendered = new WeakMap<Token, ComponentChild>();
  const inline = (tokens: readonly Token[] | undefined): ComponentChild[] => (tokens ?? []).map(render);

  function render(token: Token): ComponentChild {
    switch (token.type) {
      case "space":
      case "def":
        return null;
      case "paragraph":
        return <p>{inline(token.tokens)}</p>;
      case "heading":
        return heading(token as Tokens.Heading);
      case "code":
        return <options.Code language={(token.lang ?? "").split(/\s/)[0] ?? ""} text={token.text} />;
      case "blockquote":
        return <blockquote>{inline(token.tokens)}</blockquote>;
      case "list":
        return list(token as Tokens.List);
      case "checkbox":
        return (
          <input type="checkbox" checked={token.checked} disabled aria-label={token.checked ? "☑" : "☐"} />
        );
      case "table":
        return table(token as Tokens.Table);
      case "hr":
        return <hr />;
      case "strong":
        return <strong>{inline(token.tokens)}</strong>;
      case "em":
        return <em>{inline(token.tokens)}</em>;
      case "del":
        return <del>{inline(token.tokens)}</del>;
      case "codespan":
        return <code>{decodeEntities(token.text)}</code>;
      case "br":
        return <br />;
      case "link":
        return link(token as Tokens.Link);
      case "image":
        return picture(token as Tokens.Image);
      case "html":
        return html(token as Tokens.HTML);
      case "escape":
        return token.text;
      case "text":
        return token.tokens ? inline(token.tokens) : decodeEntities(token.text);
      default:
        return token.raw;
    }
  }

  function heading({ depth, tokens }: Tokens.Heading): ComponentChild {
    // The panel's title is of level 2: what an answer is divided by stands below it.
    const Heading = `h${Math.min(depth + 2, 6)}` as "h3";
    return <Heading data-depth={depth}>{inline(tokens)}</Heading>;
  }

  function list({ ordered, start, items }: Tokens.List): ComponentChild {
    const List = ordered ? "ol" : "ul";
    const first = ordered && start !== "" && start !== 1 ? { start } : {};
    return (
      <List {...first}>
        {items.map(({ task, tokens }) => (
          <li class={task ? "task" : undefined}>{inline(tokens)}</li>
        ))}
      </List>
    );
  }

  function table({ header, rows, align }: Tokens.Table): ComponentChild {
    const side = (column: number): { align?: "left" | "center" | "right" } => {
      const chosen = align[column];
      return chosen ? { align: chosen } : {};
    };
    return (
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by the keyboard.
      <section class="table" aria-label={options.table} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {header.map(({ tokens }, column) => (
                <th scope="col" {...side(column)}>
                  {inline(tokens)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((cells) => (
              <tr>
                {cells.map(({ tokens }, column) => (
                  <td {...side(column)}>{inline(tokens)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    );
  }

  function anchor(
    address: string,
    title: string | null | undefined,
    content: ComponentChild,
  ): ComponentChild {
    const safe = safeLink(address, options.page);
    if (safe === null) return content;
    const away = safe.away ? { target: "_blank", rel: "noopener noreferrer nofollow" } : {};
    return (
      <a href={safe.href} title={title ?? undefined} {...away}>
        {content}
      </a>
    );
  }

  function link({ href, title, tokens }: Tokens.Link): ComponentChild {
    const content = tokens.map((token) =>
      token.type === "image" ? picture(token as Tokens.Image, (words) => words) : render(token),
    );
    return anchor(href, title, content);
  }

  function picture(
    { href, title, text }: Tokens.Image,
    instead = (words: string) => anchor(href, title, words),
  ): ComponentChild {
    const safe = safePicture(href, options.gateway);
    if (safe === null) return instead(decodeEntities(text) || href);
    return <img src={safe} alt={decodeEntities(text)} title={title ?? undefined} loading="lazy" />;
  }

  function html({ raw, block }: Tokens.HTML): ComponentChild {
    if (/^<br\s*\/?>$/i.test(raw)) return <br />;
    return block ? <p>{raw.trimEnd()}</p> : raw;
  }

  return {
    render: (text, whole) =>
      blocks.read(text, whole).map((token) => {
        const known = rendered.get(token);
        if (known !== undefined) return known;
        const element = render(token);
        rendered.set(token, element);
        return element;
      }),
  };
}
