import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { Collected } from "./collected.ts";

/** A page of a site that embeds the chat. */
export interface HostPage {
  /** Stands at the end of the head, as the widget's script tag does. */
  readonly head?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The server of a site that embeds the chat, on an origin of its own. */
export interface HostPages {
  readonly origin: string;
  /** Puts a page up; returns its address. */
  put(page: HostPage): string;
  /** What browsers sent to `/reports`. */
  readonly reports: Collected<string>;
  close(): Promise<void>;
}

const SHOP = `<main><h1>A shop</h1><p>Tents, packs and what goes into them. <a href="#more">Read on</a></p></main>`;

/** Starts the site on a free port of 127.0.0.1. */
export async function startHostPages(): Promise<HostPages> {
  const pages = new Map<string, Required<HostPage>>();
  const reports = new Collected<string>();
  const server = createServer((request, response) => {
    if (request.url === "/reports") {
      response.writeHead(204).end();
      readText(request).then(
        (text) => reports.add(text),
        // A browser that is closed takes its last report with it.
        () => response.destroy(),
      );
      return;
    }
    const page = pages.get(request.url ?? "");
    if (page === undefined) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/html; charset=utf-8", ...page.headers });
    response.end(html(page));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    origin,
    reports,
    put({ head = "", body = SHOP, headers = {} }) {
      const path = `/page-${pages.size + 1}`;
      pages.set(path, { head, body, headers });
      return origin + path;
    },
    async close() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function html({ head, body }: Required<HostPage>): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>A shop</title>
${head}
</head>
<body>${body}</body>
</html>`;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
