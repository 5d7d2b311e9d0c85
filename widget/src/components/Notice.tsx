import type { ComponentChildren } from "preact";

/** What a notice offers to do. */
export interface NoticeAction {
  readonly label: string;
  readonly run: () => void;
  readonly disabled?: boolean;
}

/** Something the reader should know, with what can be done about it. */
export function Notice({
  tone = "plain",
  actions,
  children,
}: {
  tone?: "plain" | "warning";
  actions?: readonly NoticeAction[];
  children: ComponentChildren;
}) {
  return (
    <div class="notice" data-tone={tone}>
      <span>{children}</span>
      {actions?.map(({ label, run, disabled }) => (
        <button key={label} type="button" class="text" onClick={run} disabled={disabled}>
          {label}
        </button>
      ))}
    </div>
  );
}
