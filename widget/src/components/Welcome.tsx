import { fill } from "../i18n/words.ts";
import { Icon } from "./Icon.tsx";
import { textSetting, useSnapshot, useView, useWords } from "./view.ts";

/** What stands in an empty conversation: a greeting, and questions to begin with. */
export function Welcome() {
  const { store, settings, dressed } = useView();
  const words = useWords();
  const name = useSnapshot(({ user }) => user?.name);
  // A list in one text, since settings are flat: a line each, or set apart by bars.
  const prompts = (textSetting(settings.value, "prompts") ?? "")
    .split(/[\n|]/)
    .map((prompt) => prompt.trim())
    .filter(Boolean);
  if (!dressed.value) return <div class="welcome" />;
  const [firstName] = (name ?? "").split(" ");
  const greeting = firstName ? fill(words.greetingByName, { name: firstName }) : words.greeting;
  return (
    <div class="welcome">
      <div class="hello">
        <h3>{textSetting(settings.value, "greeting") ?? greeting}</h3>
        <p>{textSetting(settings.value, "introduction") ?? words.introduction}</p>
      </div>
      {prompts.length > 0 && (
        <ul aria-label={words.suggestions}>
          {prompts.map((prompt) => (
            <li key={prompt}>
              <button type="button" onClick={() => store.actions.send(prompt)}>
                {prompt}
                <Icon name="go" />
              </button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
