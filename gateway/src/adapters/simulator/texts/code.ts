import type { CodeLanguage, Question } from "../question.ts";
import type { Choose } from "../random.ts";
import { capital, identifierOf, NO_TOPIC } from "../topic.ts";
import { webSample } from "./code-web.ts";

/** A fenced sample in the language asked for, and what to know about it. */
export function code(question: Question, choose: Choose): string {
  const { topic, language } = question;
  const about = topic === NO_TOPIC ? "an example" : topic;
  const name = identifierOf(topic);
  const opening = choose([
    `Here is a small version of **${about}** that you can build on:`,
    `Sure. For **${about}**, something like this works:`,
    `This is how I would start with **${about}**:`,
  ]);
  const fence = "```";
  return `${opening}

${fence}${language}
${sampleOf(language, name, capital(about))}
${fence}

A few notes:

- ${choose(["Keep the key on your server: what is in a page can be read by anyone.", "The key comes from the environment, so that it never ends up in the repository."])}
- Errors are **not** swallowed: whoever calls it decides what to do.
- ${choose(["For more than a few hundred items, read them page by page.", "If it runs often, remember the answer for a minute or so."])}

Shall I add ${choose(["a test for it", "retries with a growing pause", "types for the answer"])}?`;
}

function sampleOf(language: CodeLanguage, name: string, title: string): string {
  switch (language) {
    case "python":
      return python(name, title);
    case "bash":
      return bash(title);
    case "sql":
      return sql(title);
    case "ts":
    case "js":
      return script(name, title, language === "ts");
    default:
      return webSample(language, name, title);
  }
}

function script(name: string, title: string, typed: boolean): string {
  const parameters = typed ? "token: string, limit = 20" : "token, limit = 20";
  return `/** ${title}. */
export async function ${name}(${parameters})${typed ? ": Promise<string[]>" : ""} {
  const url = new URL("https://api.example.com/v1/items");
  url.searchParams.set("limit", String(limit));

  const response = await fetch(url, {
    headers: { authorization: \`Bearer \${token}\` },
  });
  if (!response.ok) {
    throw new Error(\`The API answered \${response.status}\`);
  }

  const { items } = ${typed ? "(await response.json()) as { items: { name: string }[] }" : "await response.json()"};
  return items.map((item) => item.name);
}`;
}

function python(name: string, title: string): string {
  const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return `import os

import requests


def ${snake}(limit: int = 20) -> list[str]:
    """${title}."""
    response = requests.get(
        "https://api.example.com/v1/items",
        headers={"Authorization": f"Bearer {os.environ['API_KEY']}"},
        params={"limit": limit},
        timeout=10,
    )
    response.raise_for_status()
    return [item["name"] for item in response.json()["items"]]


if __name__ == "__main__":
    for name in ${snake}():
        print(name)`;
}

function bash(title: string): string {
  return `#!/usr/bin/env bash
# ${title}
set -euo pipefail

curl --fail --silent --show-error \\
  --header "Authorization: Bearer \${API_KEY:?set API_KEY first}" \\
  "https://api.example.com/v1/items?limit=20" |
  jq --raw-output '.items[] | "\\(.id)\\t\\(.name)"'`;
}

function sql(title: string): string {
  return `-- ${title}
SELECT
  c.name,
  count(*)            AS orders,
  sum(o.total)        AS revenue,
  max(o.created_at)   AS last_order
FROM customers AS c
JOIN orders AS o ON o.customer_id = c.id
WHERE o.created_at >= now() - INTERVAL '30 days'
GROUP BY c.name
HAVING count(*) > 1
ORDER BY revenue DESC
LIMIT 20;`;
}
