/**
 * Asks one question and prints the answer as it is written; Ctrl-C stops it. See README.md.
 *
 *   node examples/node-client.ts "Where is my order?"
 */
import type { ClientFrame, ServerFrame } from "@parlance/protocol";

const gateway = process.env.GATEWAY ?? "http://localhost:8080";
const origin = process.env.ORIGIN ?? gateway;
const question = process.argv[2] ?? "What can you do?";

/** A token from the back end, or one minted with the site's public key, as a page would. */
async function sessionToken(): Promise<string> {
  if (process.env.TOKEN) return process.env.TOKEN;
  const response = await fetch(`${gateway}/v1/sessions`, {
    method: "POST",
    headers: { "content-type": "application/json", origin },
    body: JSON.stringify({ siteKey: process.env.SITE_KEY ?? "pk_demo" }),
  });
  if (!response.ok) throw new Error(`no session: ${response.status} ${await response.text()}`);
  const { token } = (await response.json()) as { token: string };
  return token;
}

const protocols = ["parlance.v1", `bearer.${await sessionToken()}`];
// Node takes headers beside the protocols, which the browser's types do not know. A token minted with a
// site key is good only with the origin it was minted for.
const options = { protocols, headers: { origin } } as unknown as string[];
const socket = new WebSocket(`${gateway.replace(/^http/, "ws")}/v1/chat`, options);
const send = (frame: ClientFrame): void => socket.send(JSON.stringify(frame));
const id = crypto.randomUUID();

let answer: { reply?: string; seq: number; text: string } = { seq: 0, text: "" };
let askedAfter = -1;

/** Asks for what is missing, once a gap: frames go on coming until the answer to it arrives. */
function catchUp(reply: string): void {
  if (askedAfter !== answer.seq) send({ type: "resume", reply, after: answer.seq });
  askedAfter = answer.seq;
}

/** Takes the text that the answer has now, and prints what is new of it. */
function show(text: string, seq: number): void {
  process.stdout.write(text.startsWith(answer.text) ? text.slice(answer.text.length) : `\n${text}`);
  answer = { ...answer, seq, text };
}

function receive(frame: ServerFrame): void {
  if (frame.type === "ready") send({ type: "message", id, content: question });
  if (frame.type === "ack" && frame.id === id) answer.reply = frame.reply;
  if (frame.type === "error") process.stderr.write(`\n${frame.code}: ${frame.message}\n`);
  if (frame.type === "error" && frame.ref === id) socket.close();
  if (!("reply" in frame) || !frame.reply || frame.reply !== answer.reply) return;

  if (frame.type === "token") {
    const before = frame.seq - (frame.n ?? 1);
    if (before > answer.seq) catchUp(frame.reply);
    if (before === answer.seq) show(frame.channel ? answer.text : answer.text + frame.content, frame.seq);
  }
  if (frame.type === "snapshot") show(frame.content, frame.seq);
  if (frame.type === "response") show(frame.content, 1);
  if (frame.type === "done") {
    process.stderr.write(`\n[${frame.reason}, ${frame.model}, ${frame.usage.outputTokens} tokens]\n`);
    socket.close(1000);
  }
}

socket.addEventListener("message", ({ data }) => receive(JSON.parse(String(data)) as ServerFrame));
socket.addEventListener("error", () => process.stderr.write(`could not open ${socket.url}\n`));
socket.addEventListener("close", ({ code }) => {
  process.exitCode = code === 1000 ? 0 : 1;
});
process.once("SIGINT", () => send({ type: "cancel", message: id }));
