import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./Icon.tsx";
import { IconButton } from "./IconButton.tsx";

/** One thing that a menu offers. */
export interface MenuItem {
  readonly icon: IconName;
  readonly label: string;
  readonly run: () => void;
}

/** A button and the menu it opens: arrow keys walk through it, Escape and a click elsewhere close it. */
export function Menu({ label, items }: { label: string; items: readonly MenuItem[] }) {
  const open = useSignal(false);
  const frame = useRef<HTMLDivElement>(null);
  const entries = (): HTMLElement[] => [
    ...(frame.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? []),
  ];

  function close(): void {
    open.value = false;
    frame.current?.querySelector("button")?.focus();
  }

  useEffect(() => {
    if (!open.value) return;
    entries()[0]?.focus();
    const elsewhere = (event: Event): void => {
      if (frame.current && !event.composedPath().includes(frame.current)) open.value = false;
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, [open.value]);

  function pressed(event: KeyboardEvent): void {
    if (!open.value) return;
    const all = entries();
    const root = frame.current?.getRootNode() as ShadowRoot | Document;
    const at = all.indexOf(root.activeElement as HTMLElement);
    const steps: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const to = steps[event.key];
    if (to !== undefined) {
      event.preventDefault();
      all.at(to % all.length)?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      close();
    } else if (event.key === "Tab") open.value = false;
  }

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the buttons within are handled here, once.
    <div ref={frame} class="menu" onKeyDown={pressed}>
      <IconButton
        icon="more"
        label={label}
        aria-haspopup="menu"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      />
      {open.value && (
        <div class="choices" role="menu" aria-label={label}>
          {items.map(({ icon, label: text, run }) => (
            <button
              key={text}
              type="button"
              role="menuitem"
              tabIndex={-1}
              onClick={() => {
                close();
                run();
              }}
            >
              <Icon name={icon} />
              {text}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
