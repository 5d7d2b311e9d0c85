import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { fill } from "../i18n/words.ts";
import { useSnapshot, useView, useWords } from "./view.ts";

/** The one live region: says that an answer begins, and that it is there; never its tokens. */
export function StatusRegion() {
  const { store } = useView();
  const words = useWords();
  const last = store.messages.value.findLast(({ role }) => role === "assistant");
  const typing = useSnapshot(({ typing: by }) => by);
  const said = useSignal("");
  const wasGrowing = useSignal("");
  const isGrowing = last?.progress === "queued" || last?.progress === "streaming";

  useEffect(() => {
    if (last === undefined) said.value = "";
    else if (isGrowing) {
      wasGrowing.value = last.key;
      said.value = fill(words.answering, { name: last.author?.name ?? words.assistant });
    } else if (wasGrowing.value === last.key) {
      wasGrowing.value = "";
      said.value = last.progress === "complete" ? words.answered : words.answerStopped;
    }
  }, [last?.key, isGrowing]);

  return (
    <div class="unseen" role="status">
      {typing === "agent" ? fill(words.typing, { name: words.agent }) : said.value}
    </div>
  );
}
