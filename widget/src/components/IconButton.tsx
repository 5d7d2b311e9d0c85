import type { ButtonHTMLAttributes } from "preact";
import { Icon, type IconName } from "./Icon.tsx";

/** A small button that shows an icon and is named by its label. */
export function IconButton({
  icon,
  label,
  ...rest
}: { icon: IconName; label: string } & ButtonHTMLAttributes<HTMLButtonElement>) {
  return (
    <button type="button" class="icon" aria-label={label} title={label} {...rest}>
      <Icon name={icon} />
    </button>
  );
}
