/** The shop's own script: what a customer writes around the widget. */

type Parlance = ((...call: unknown[]) => void) & { q?: unknown[][] };

declare global {
  interface Window {
    Parlance?: Parlance;
  }
}

/** Where the shop remembers who is signed in, as its own session would. */
const SIGNED_IN = "alder-and-ridge-person";

/** Calls the widget; until it has loaded, calls wait in `q`. */
function chat(...call: unknown[]): void {
  if (!window.Parlance) {
    const queue: unknown[][] = [];
    window.Parlance = Object.assign((...later: unknown[]) => void queue.push(later), { q: queue });
  }
  window.Parlance(...call);
}

function say(text: string): void {
  const state = document.querySelector("#account-state");
  if (state) state.textContent = text;
}

/** Has a token made for a person, as a customer's back end does for who is signed in there, and hands it over. */
async function signIn(user: string, name: string): Promise<void> {
  const answer = await fetch("/demo/sign-in", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ user, name }),
  });
  if (!answer.ok) throw new Error(`the gateway answered ${answer.status}`);
  const { token } = (await answer.json()) as { token: string };
  chat("identify", token);
  sessionStorage.setItem(SIGNED_IN, user);
  say(`Signed in as ${name}`);
}

function signOut(): void {
  chat("logout");
  sessionStorage.removeItem(SIGNED_IN);
  say("Signed out");
}

function become(person: HTMLSelectElement): void {
  const name = person.selectedOptions[0]?.text ?? "";
  if (person.value === "") signOut();
  else signIn(person.value, name).catch((error: unknown) => say(`That did not work: ${error}`));
}

const person = document.querySelector<HTMLSelectElement>("#person");
if (person) {
  person.addEventListener("change", () => become(person));
  person.value = sessionStorage.getItem(SIGNED_IN) ?? "";
  if (person.value !== "") become(person);
}
document.addEventListener("click", ({ target }) => {
  const button = (target as Element | null)?.closest("button");
  if (button?.dataset.ask) chat("send", button.dataset.ask);
  else if (button?.hasAttribute("data-open")) chat("open");
});

export {};
