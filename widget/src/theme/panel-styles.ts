import { COMPOSER_STYLES } from "./composer-styles.ts";
import { FRAME_STYLES } from "./frame-styles.ts";
import { MESSAGE_STYLES } from "./message-styles.ts";
import { PROSE_STYLES } from "./prose-styles.ts";

/** The whole panel's style sheet. */
export const PANEL_STYLES = FRAME_STYLES + MESSAGE_STYLES + PROSE_STYLES + COMPOSER_STYLES;
