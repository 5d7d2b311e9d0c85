import type { Asked } from "./asked.ts";
import type { TestClient } from "./test-client.ts";

/** A message of a conversation as it should be listed. */
export interface ExpectedMessage {
  readonly id: string;
  readonly role: "user" | "assistant";
  readonly content: string;
  readonly to?: string;
  readonly status?: string;
}

/**
 * What the conversations of a user should be, by the frames of a socket that was there all the time and asked
 * nothing itself: questions come by `message`, go by `truncate` and `cleared`; the answer to a question is the
 * latest that was promised to it, as its `done` left it.
 */
export function foldConversations(observer: TestClient, asked: Asked): Map<string, ExpectedMessage[]> {
  const questions = new Map<string, string[]>();
  const contents = new Map<string, string>();
  const cleared = new Set<string>();
  for (const frame of observer.frames) {
    if (frame.type === "message") {
      questions.set(frame.conversation, [...(questions.get(frame.conversation) ?? []), frame.message.id]);
      contents.set(frame.message.id, frame.message.content);
    } else if (frame.type === "truncate") {
      const kept = questions.get(frame.conversation) ?? [];
      const last = frame.after === null ? null : (asked.byReply.get(frame.after)?.message ?? frame.after);
      questions.set(frame.conversation, last === null ? [] : kept.slice(0, kept.indexOf(last) + 1));
    } else if (frame.type === "cleared") {
      cleared.add(frame.conversation);
    }
  }
  for (const conversation of cleared) questions.delete(conversation);
  return new Map(
    [...questions].map(([conversation, ids]) => [
      conversation,
      ids.flatMap((id) => [
        { id, role: "user" as const, content: contents.get(id) ?? "" },
        answerTo(id, observer, asked),
      ]),
    ]),
  );
}

function answerTo(question: string, observer: TestClient, asked: Asked): ExpectedMessage {
  const promises = [...asked.promised.values()].filter(({ message }) => message === question);
  // Ids are made in the order in which turns are taken, and sort by it.
  const latest = promises.toSorted((left, right) => (left.reply < right.reply ? 1 : -1))[0];
  if (latest === undefined) throw new Error(`the question ${question} was promised no answer`);
  const done = observer.all("done").find(({ reply }) => reply === latest.reply);
  if (done === undefined) throw new Error(`no done of ${latest.reply}`);
  return {
    id: latest.reply,
    role: "assistant",
    content: latest.script.chunks.slice(0, done.seq).join(""),
    to: question,
    ...(done.reason === "stop" ? {} : { status: done.reason }),
  };
}
