import { describe, expect, test } from "@jest/globals";
import { safeLink, safePicture } from "../../src/render/links.ts";
import { html, makeShown } from "./shown.tsx";

const REFUSED = [
  "javascript:alert(1)",
  "JaVaScRiPt:alert(1)",
  " javascript:alert(1)",
  "java\tscript:alert(1)",
  "java\nscript:alert(1)",
  "\u0001javascript:alert(1)",
  "javascript&colon;alert(1)",
  "javascript&#58;alert(1)",
  "&#106;avascript:alert(1)",
  "&#x6A;avascript&#x3a;alert(1)",
  "vbscript:msgbox(1)",
  "data:text/html,<script>alert(1)</script>",
  "data:text/html;base64,PHNjcmlwdD4=",
  "blob:https://shop.test/1",
  "file:///etc/passwd",
  "ftp://x.test/",
  "about:blank",
];

describe("links", () => {
  test.each(REFUSED)("%j does not lead to where code runs", (address) => {
    for (const text of [`[x](${address})`, `[x](<${address}>)`, `<${address}>`, `![x](${address})`]) {
      const { element, show } = makeShown();
      show(text, true);
      for (const link of element.querySelectorAll("a"))
        expect(link.protocol).toMatch(/^(https?|mailto|tel):$/);
      expect(element.querySelector("img, script, iframe")).toBeNull();
    }
  });

  test("lead where they may: the web, mail, telephones, the page's own site", () => {
    expect(html("[a](https://x.test/a?b=1&c=2)")).toBe(
      '<p><a href="https://x.test/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow">a</a></p>',
    );
    expect(html("[a](/returns)")).toBe('<p><a href="https://shop.test/returns">a</a></p>');
    expect(html("[a](mailto:a@x.test)")).toContain('href="mailto:a@x.test"');
    expect(html("[a](tel:+47555)")).toContain('href="tel:+47555"');
    expect(html("(see https://x.test/a_(b).)")).toContain('href="https://x.test/a_(b)"');
  });

  test("are read by the browser's own parser", () => {
    expect(safeLink("java\tscript:alert(1)", "https://shop.test/")).toBeNull();
    expect(safeLink("https://", "https://shop.test/")).toBeNull();
    expect(safeLink("#top", "https://shop.test/a")).toEqual({ href: "https://shop.test/a#top", away: false });
  });
});

describe("pictures", () => {
  test("are shown from the gateway, and are links from anywhere else", () => {
    expect(html("![a plan](https://gateway.test/v1/attachments/1)")).toBe(
      '<p><img src="https://gateway.test/v1/attachments/1" alt="a plan" loading="lazy"></p>',
    );
    expect(html("![secret](https://evil.test/?q=secret)")).not.toContain("<img");
    expect(safePicture("//evil.test/x.png", "https://gateway.test")).toBeNull();
    expect(safePicture("data:image/svg+xml,<svg/>", "https://gateway.test")).toBeNull();
  });

  test("from elsewhere in a link are its words", () => {
    const { element, show } = makeShown();
    show("[![logo](https://evil.test/x.png)](https://x.test)", true);
    expect([element.querySelectorAll("a").length, element.textContent]).toEqual([1, "logo"]);
  });
});

describe("HTML", () => {
  test.each([
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">x</a>',
    "<div style='position:fixed'>x</div>",
    "text <b onclick=alert(1)>b</b> text",
    "<!-- comment -->",
    "<svg><script>alert(1)</script></svg>",
  ])("%s is text", (text) => {
    const { element, show } = makeShown();
    show(text, true);
    expect(element.textContent).toBe(text);
    expect(element.querySelectorAll("p, div, br").length).toBe(element.querySelectorAll("*").length);
  });

  test("a break is a break, a reference is its character", () => {
    expect(html("a<br>b")).toBe("<p>a<br>b</p>");
    expect(html("5 &lt; 6 &amp;&amp; &#x1F600; &nope;")).toBe("<p>5 &lt; 6 &amp;&amp; 😀 &amp;nope;</p>");
    expect(html("`&lt;`")).toBe("<p><code>&amp;lt;</code></p>");
  });
});
