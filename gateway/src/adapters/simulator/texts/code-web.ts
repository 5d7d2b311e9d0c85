import type { CodeLanguage } from "../question.ts";

/** A sample in one of the languages of a page. */
export function webSample(language: CodeLanguage, name: string, title: string): string {
  switch (language) {
    case "html":
      return html(title);
    case "css":
      return css(title);
    default:
      return json(name);
  }
}

function html(title: string): string {
  return `<!-- ${title} -->
<form class="signup" method="post" action="/signup">
  <label for="email">E-mail</label>
  <input id="email" name="email" type="email" autocomplete="email" required />

  <button type="submit">Continue</button>
  <p role="status" hidden>Thank you! Please check your inbox.</p>
</form>`;
}

function css(title: string): string {
  return `/* ${title} */
.card {
  display: grid;
  gap: 0.75rem;
  padding: 1.25rem;
  border: 1px solid color-mix(in srgb, currentcolor 15%, transparent);
  border-radius: 12px;
  transition: box-shadow 150ms ease-out;
}

.card:hover {
  box-shadow: 0 8px 24px rgb(0 0 0 / 12%);
}

@media (prefers-reduced-motion: reduce) {
  .card {
    transition: none;
  }
}`;
}

function json(name: string): string {
  return `{
  "event": "${name}.completed",
  "id": "evt_01J9ZK3W",
  "createdAt": "2026-11-24T09:30:00Z",
  "data": {
    "status": "succeeded",
    "attempts": 1,
    "tags": ["example", "webhook"]
  }
}`;
}
