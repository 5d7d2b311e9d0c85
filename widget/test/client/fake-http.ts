/** What a scripted HTTP call answers. */
export interface HttpAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

/** Makes the answer that `fetch` gives. */
export function respond({ status, body, headers = {} }: HttpAnswer): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), { status, headers });
}
