import type { Link, LinkEvents } from "../link.ts";
import type { Scope } from "../scope.ts";
import type { ClientEnvironment, TabsEnvironment } from "../types.ts";
import { createLone, type Part } from "./lone.ts";

/** Links over a socket that the tabs of one browser share. */
export interface Sharing {
  /** Opens a link like `openLink`; where nothing can be shared, it is a socket of this tab's own. */
  open(token: string, events: LinkEvents): Link;
}

/** Tabs of another version, whose messages may differ, are another group. */
const VERSION = 1;

/**
 * Makes the sharing of one client. Nothing is asked of the browser before the first `open`, and nothing is stored.
 *
 * @param groupName names gateway, site and user: who has the same one shares; null where the user is not known
 */
export function createSharing({
  groupName,
  ...parts
}: {
  environment: ClientEnvironment;
  scope: Scope;
  nextId: () => string;
  groupName: () => string | null;
  /** Opens a socket of this tab's own. */
  openOwn: (token: string, events: LinkEvents) => Link;
}): Sharing {
  /** What takes part among others; null until it was needed. */
  let members: Awaited<ReturnType<TabsEnvironment["load"]>> | null = null;
  let wasRobbed = false;
  let current: { readonly part: Part; readonly name: string; readonly isLone: boolean } | null = null;

  function takePart(tabs: TabsEnvironment, name: string): Part {
    const isLone = members === null;
    if (current?.name === name && current.isLone === isLone && !current.part.isOver()) return current.part;
    async function join(isRobbed: boolean): Promise<Part["open"]> {
      members ??= await tabs.load();
      wasRobbed = isRobbed;
      return open;
    }
    const isRobbed = wasRobbed;
    wasRobbed = false;
    const part =
      members === null
        ? createLone({ ...parts, tabs, name, join })
        : members.createMember({ ...parts, tabs, name, isRobbed });
    current = { part, name, isLone };
    return part;
  }

  function open(token: string, events: LinkEvents): Link {
    const { tabs } = parts.environment;
    const group = groupName();
    if (tabs === null || group === null) return parts.openOwn(token, events);
    try {
      return takePart(tabs, `parlance|${VERSION}|${group}`).open(token, events);
    } catch {
      // Browsers throw at the making of a channel where storage is forbidden: tabs have nothing in common there.
      return parts.openOwn(token, events);
    }
  }

  return { open };
}
