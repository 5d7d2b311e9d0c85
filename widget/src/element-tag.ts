import { defineChatElement } from "./element.ts";

// Served as `{gateway}/widget/element-<hash>.js`, for script tags without a site key: the gateway is two steps up.
defineChatElement({ gateway: new URL("..", import.meta.url).href });
