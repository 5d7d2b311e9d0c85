import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Instances, prepareInstances } from "./support/instances.ts";
import { connect, signToken } from "./support/test-client.ts";

let instances: Instances;
beforeAll(async () => {
  instances = await prepareInstances();
});
afterAll(() => instances.stop());

test("an instance that was taken for gone, and wakes, has sockets come back for what it was not told meanwhile", async () => {
  const [asleep, awake] = await Promise.all([instances.start(), instances.start()]);
  const [ada, bob] = ["ada", "bob"].map((sub) => signToken({ sub }));
  if (ada === undefined || bob === undefined) throw new Error("both have tokens");
  const here = await connect(asleep.chatUrl, { token: ada });
  const idle = await connect(asleep.chatUrl, { token: bob });
  const there = await connect(awake.chatUrl, { token: ada });
  const elsewhere = await connect(awake.chatUrl, { token: bob });
  const { reply } = await here.ask("[[sim tokens=300 rate=20]]");
  await there.until(() => there.textOf(reply).seq >= 5, "five chunks");

  asleep.process.kill("SIGSTOP");
  await there.frame("snapshot", ({ epoch }) => epoch === 2);
  for (const tab of [there, elsewhere]) await tab.ask("[[sim tokens=3]]");
  // What it runs, it finds overtaken in the moment in which it wakes.
  asleep.process.kill("SIGCONT");

  for (const tab of [here, idle]) {
    await tab.frame("goaway", ({ reason }) => reason === "missed");
    expect(tab.all("message")).toEqual([]);
  }
});
