import type { Signal } from "@preact/signals";
import { Icon } from "./Icon.tsx";
import { IconButton } from "./IconButton.tsx";
import { Menu, type MenuItem } from "./Menu.tsx";
import { useStatus } from "./use-status.ts";
import { textSetting, useSnapshot, useView, useWords } from "./view.ts";

/** The panel's title, the connection's state, the menu, and the way out. */
export function Header({ clearing }: { clearing: Signal<boolean> }) {
  const { store, settings, page, close } = useView();
  const words = useWords();
  const { tone, text } = useStatus();
  const features = useSnapshot((snapshot) => snapshot.features);
  const isEmpty = useSnapshot(({ messages }) => messages.length === 0);
  const { actions } = store;
  const inList = page.value === "conversations";

  const choices: (MenuItem & { when: boolean })[] = [
    { when: true, icon: "plus", label: words.newConversation, run: () => void actions.newConversation() },
    {
      when: features.includes("conversations"),
      icon: "list",
      label: words.conversations,
      run: () => {
        page.value = "conversations";
        void actions.loadConversations();
      },
    },
    {
      when: features.includes("handoff") && !isEmpty,
      icon: "person",
      label: words.askForPerson,
      run: actions.askForPerson,
    },
    {
      when: features.includes("clear") && !isEmpty,
      icon: "trash",
      label: words.clear,
      run: () => {
        clearing.value = true;
      },
    },
  ];

  return (
    <header class="header">
      {inList ? (
        <IconButton
          icon="back"
          label={words.back}
          onClick={() => {
            page.value = "chat";
          }}
        />
      ) : (
        <span class="mark" aria-hidden="true">
          <Icon name="spark" />
        </span>
      )}
      <div class="heading">
        <h2>{inList ? words.conversations : (textSetting(settings.value, "title") ?? words.title)}</h2>
        {!inList && (
          <p data-tone={tone}>
            <i />
            {text}
          </p>
        )}
      </div>
      {!inList && <Menu label={words.menu} items={choices.filter(({ when }) => when)} />}
      <IconButton icon="close" label={words.closeChat} onClick={close} />
    </header>
  );
}
