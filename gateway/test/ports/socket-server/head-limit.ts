import { expect } from "@jest/globals";

/** Expects of a server, which answers with the header `x-long`, that it reads heads of up to 16 KiB. */
export async function expectHeadLimit(port: number): Promise<void> {
  const ask = (length: number) =>
    fetch(`http://127.0.0.1:${port}/`, { headers: { "x-long": "a".repeat(length) } });
  const long = await ask(15_500);
  expect(long.status).toBe(200);
  expect((await long.text()).length).toBe(15_500);
  expect((await ask(17_000)).status).toBe(431);
}
