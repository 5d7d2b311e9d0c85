import { type Chat, createChat } from "./chat.ts";
import type { Settings } from "./stage.ts";

/**
 * Defines `<parlance-chat site-key="pk_…" gateway="https://chat.example.com">`: the chat is on the page as long as
 * the element is. Its other attributes are settings, as `accent`; `chat` is the chat itself.
 *
 * @param options.name the element's name
 * @param options.gateway the gateway of elements that name none
 */
export function defineChatElement(options: { readonly name?: string; readonly gateway?: string } = {}): void {
  const { name = "parlance-chat" } = options;
  if (customElements.get(name)) return;
  customElements.define(
    name,
    class extends HTMLElement {
      chat: Chat | null = null;

      connectedCallback(): void {
        const { "site-key": siteKey, gateway = options.gateway, ...settings } = attributesOf(this);
        if (this.chat || !siteKey || !gateway) return;
        this.chat = createChat({ siteKey, gateway, settings });
      }

      disconnectedCallback(): void {
        // Being moved is leaving and coming at once: only what stays away ends the chat.
        queueMicrotask(() => {
          if (this.isConnected) return;
          this.chat?.destroy();
          this.chat = null;
        });
      }
    },
  );
}

function attributesOf(element: Element): Record<string, string> & Settings {
  return Object.fromEntries([...element.attributes].map(({ name, value }) => [name, value]));
}
