import type { Signal } from "@preact/signals";
import { errorWords, fill } from "../i18n/words.ts";
import { Notice } from "./Notice.tsx";
import { useCountdown } from "./use-countdown.ts";
import { textSetting, useSnapshot, useView, useWords } from "./view.ts";

/** Failed tries in a row from which on the visitor is told of another way to reach somebody. */
const AWAY_AFTER = 3;

/** What there is to say between the conversation and the text box. */
export function Notices({ clearing }: { clearing: Signal<boolean> }) {
  const { store } = useView();
  const words = useWords();
  const notice = useSnapshot((snapshot) => snapshot.notice);
  const { clear, dismissNotice } = store.actions;
  const stopAsking = (): void => {
    clearing.value = false;
  };
  return (
    <div class="notices">
      <ConnectionNotice />
      {notice !== null && (
        <Notice tone="warning" actions={[{ label: words.dismiss, run: dismissNotice }]}>
          {errorWords(words, notice.code)}
        </Notice>
      )}
      {clearing.value && (
        <Notice
          actions={[
            {
              label: words.clearYes,
              run: () => {
                stopAsking();
                clear();
              },
            },
            { label: words.cancel, run: stopAsking },
          ]}
        >
          {words.clearQuestion}
        </Notice>
      )}
    </div>
  );
}

function ConnectionNotice() {
  const { store } = useView();
  const words = useWords();
  const connection = useSnapshot((snapshot) => snapshot.connection);
  const retryAt = connection.status === "waiting" ? connection.retryAt : 0;
  const seconds = useCountdown(retryAt);
  const { connect } = store.actions;
  if (connection.status === "stopped") {
    return (
      <Notice tone="warning" actions={[{ label: words.retry, run: connect }]}>
        {errorWords(words, connection.code)} <Contact />
      </Notice>
    );
  }
  if (connection.status !== "waiting") return null;
  const isAway = connection.attempt >= AWAY_AFTER;
  return (
    <Notice tone="warning" actions={[{ label: words.tryNow, run: connect }]}>
      {isAway ? words.away : words.lost} {seconds > 0 && fill(words.nextTry, { seconds })}{" "}
      {isAway && <Contact />}
    </Notice>
  );
}

/** Another way to reach the site's owner: the setting `contact`, an e-mail or web address. */
function Contact() {
  const { settings } = useView();
  const words = useWords();
  const contact = textSetting(settings.value, "contact");
  if (contact === undefined) return null;
  const [before, after] = words.contact.split("{contact}");
  const isAddress = /^https?:\/\//i.test(contact);
  const isMail = /^[^\s@:/]+@[^\s@:/]+$/.test(contact);
  const href = isAddress ? contact : `mailto:${contact}`;
  return (
    <>
      {before}
      {isAddress || isMail ? <a href={href}>{contact}</a> : contact}
      {after}
    </>
  );
}
