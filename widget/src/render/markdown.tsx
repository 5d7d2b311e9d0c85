import { type ComponentChild, type ComponentType, Fragment } from "preact";
import type { Block, ListItem, Side } from "./block-parser.ts";
import { createBlocks } from "./blocks.ts";
import { type Inline, parseInline, plainText } from "./inline-parser.ts";
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

/** Blocks that are compared as one while a text grows, so that its length hardly counts. */
const GROUP = 32;

/** Makes the view of one growing text. */
export function createMarkdown(options: MarkdownOptions): MarkdownView {
  const blocks = createBlocks();
  const rendered = new WeakMap<Block, ComponentChild>();
  /** Full groups by their last block, which is the same object only where all before it are. */
  const groups = new WeakMap<Block, ComponentChild>();
  /** The depth of the first heading, which those after it are shown below. */
  let topDepth: number | undefined;

  function words(text: string, growing: boolean): ComponentChild[] {
    return parseInline(text, growing).map(inline);
  }

  function inline(part: Inline): ComponentChild {
    if (typeof part === "string") return part;
    switch (part.type) {
      case "strong":
        return <strong>{part.children.map(inline)}</strong>;
      case "em":
        return <em>{part.children.map(inline)}</em>;
      case "del":
        return <del>{part.children.map(inline)}</del>;
      case "code":
        return <code>{part.text}</code>;
      case "break":
        return <br />;
      case "link":
        // A link in a link is none: its words stand there.
        return anchor(
          part,
          part.children.map((child) => (isLink(child) ? plainText([child]) : inline(child))),
        );
      case "image": {
        const source = safePicture(part.href, options.gateway);
        if (source === null) return anchor(part, part.alt || part.href);
        return <img src={source} alt={part.alt} loading="lazy" />;
      }
    }
  }

  /** Whether it is shown as a link; a picture from elsewhere is. */
  function isLink(part: Inline): boolean {
    if (typeof part === "string") return false;
    return (
      part.type === "link" || (part.type === "image" && safePicture(part.href, options.gateway) === null)
    );
  }

  function anchor({ href, title }: { href: string; title: string }, content: ComponentChild): ComponentChild {
    const safe = safeLink(href, options.page);
    if (safe === null) return content;
    const away = safe.away ? { target: "_blank", rel: "noopener noreferrer nofollow" } : {};
    return (
      // What grows may come to lead elsewhere: that is another element, with nothing left on it of this one.
      <a key={safe.away} href={safe.href} title={title || undefined} {...away}>
        {content}
      </a>
    );
  }

  /** @param growing whether more may come behind this block's end */
  function render(block: Block, growing: boolean): ComponentChild {
    switch (block.type) {
      case "paragraph":
        return <p>{words(block.text, growing)}</p>;
      case "heading": {
        // The panel's title is of level 2, and no level is left out below it, wherever the answer begins.
        const below = Math.max(block.depth - (topDepth ?? block.depth), 0);
        const Heading = `h${Math.min(3 + below, 6)}` as "h3";
        return <Heading>{words(block.text, growing)}</Heading>;
      }
      case "code":
        return <options.Code language={block.language} text={block.text} />;
      case "quote":
        return <blockquote>{all(block.blocks, growing)}</blockquote>;
      case "list":
        return list(block, growing);
      case "table":
        return table(block, growing);
      case "rule":
        return <hr />;
    }
  }

  function all(inside: readonly Block[], growing: boolean): ComponentChild[] {
    return inside.map((block, index) => render(block, growing && index === inside.length - 1));
  }

  function list({ start, items }: Block & { type: "list" }, growing: boolean): ComponentChild {
    const inside = items.map((each, index) => item(each, growing && index === items.length - 1));
    if (start === null) return <ul>{inside}</ul>;
    return <ol start={start}>{inside}</ol>;
  }

  function item({ checked, blocks: inside }: ListItem, growing: boolean): ComponentChild {
    const [first, ...rest] = inside;
    // The first words stand right behind the marker, as in a list without gaps.
    const lead =
      first?.type === "paragraph"
        ? words(first.text, growing && rest.length === 0)
        : first && render(first, growing);
    return (
      <li class={checked === null ? undefined : "task"}>
        {checked !== null && (
          <input type="checkbox" checked={checked} disabled aria-label={checked ? "☑" : "☐"} />
        )}
        {lead}
        {all(rest, growing)}
      </li>
    );
  }

  function table({ sides, rows }: Block & { type: "table" }, growing: boolean): ComponentChild {
    const side = (column: number): { align?: NonNullable<Side> } => {
      const chosen = sides[column];
      return chosen ? { align: chosen } : {};
    };
    const [header = [], ...body] = rows;
    return (
      // biome-ignore lint/a11y/useSemanticElements: a group and no landmark, since an answer may have many.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be scrollable by the keyboard.
      <section class="table" role="group" aria-label={options.table} tabIndex={0}>
        <table>
          <thead>
            <tr>
              {header.map((cell, column) => (
                <th scope="col" {...side(column)}>
                  {words(cell, false)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {body.map((cells, row) => (
              <tr>
                {cells.map((cell, column) => (
                  <td {...side(column)}>{words(cell, growing && row === body.length - 1)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    );
  }

  function drawn(block: Block, growing: boolean): ComponentChild {
    const known = rendered.get(block);
    if (known !== undefined) return known;
    const element = render(block, growing);
    rendered.set(block, element);
    return element;
  }

  return {
    render(text, whole) {
      const read = blocks.read(text, whole);
      topDepth = read.find((block) => block.type === "heading")?.depth;
      const shown: ComponentChild[] = [];
      for (let from = 0; from < read.length; from += GROUP) {
        const group = read.slice(from, from + GROUP);
        const last = group.at(-1) as Block;
        const isEnd = from + GROUP >= read.length;
        let element = isEnd ? undefined : groups.get(last);
        element ??= (
          <Fragment key={from}>
            {group.map((block) => drawn(block, !whole && isEnd && block === last))}
          </Fragment>
        );
        if (!isEnd) groups.set(last, element);
        shown.push(element);
      }
      return shown;
    },
  };
}
