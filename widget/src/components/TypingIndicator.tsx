/** Three dots that say that somebody writes. Its meaning is told in words by the status region. */
export function TypingIndicator() {
  return (
    <span class="dots" aria-hidden="true">
      <i />
      <i />
      <i />
    </span>
  );
}
