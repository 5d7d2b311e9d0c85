import { useSnapshot, useView, useWords } from "./view.ts";

/** The user's conversations, latest first. */
export function ConversationList() {
  const { store, page, language } = useView();
  const words = useWords();
  const conversations = useSnapshot((snapshot) => snapshot.conversations);
  const current = useSnapshot((snapshot) => snapshot.conversation);
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  if (conversations.length === 0) return <p class="aside none">{words.noConversations}</p>;
  return (
    <ul class="conversations">
      {conversations.map(({ id, title, preview, at, unread }) => (
        <li key={id}>
          <button
            type="button"
            aria-current={id === current}
            onClick={() => {
              page.value = "chat";
              void store.actions.openConversation(id);
            }}
          >
            <strong>{title || words.untitled}</strong>
            <time dateTime={new Date(at).toISOString()}>{date.format(at)}</time>
            <span>{preview.replace(/[*_`#>|]+/g, "")}</span>
            {unread > 0 && <b>{unread}</b>}
          </button>
        </li>
      ))}
    </ul>
  );
}
