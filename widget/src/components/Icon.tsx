const PATHS = {
  close: "m6 6 12 12M18 6 6 18",
  down: "m6 9 6 6 6-6",
  back: "m14.5 6-6 6 6 6",
  more: "M5.5 12h0m6.5 0h0m6.5 0h0",
  send: "M12 19V5.5m-6 6 6-6 6 6",
  stop: "M8 8h8v8H8Z",
  copy: "M9 9h10v10H9Zm-3 6H5V5h10v1",
  check: "m5 12.5 4.5 4.5L19 7.5",
  again: "M19.5 12a7.5 7.5 0 1 1-2.2-5.3M19.5 4v4h-4",
  good: "M7 10.5v9H4v-9Zm0 0 4-7c1.6 0 2.5 1.2 2.2 2.8L12.6 9.5h5.2c1.3 0 2.2 1.2 1.9 2.4l-1.5 6c-.2 1-1.1 1.6-2.1 1.6H7",
  bad: "M7 13.5v-9H4v9Zm0 0 4 7c1.6 0 2.5-1.2 2.2-2.8l-.6-3.2h5.2c1.3 0 2.2-1.2 1.9-2.4l-1.5-6c-.2-1-1.1-1.6-2.1-1.6H7",
  edit: "m4.5 19.5.8-3.8L15.8 5.2l3 3L8.3 18.7Z",
  on: "M5 5v6c0 2 1 3 3 3h11m-4-4 4 4-4 4",
  plus: "M12 5.5v13M5.5 12h13",
  list: "M5 7h14M5 12h14M5 17h9",
  trash: "M5 7h14M10 7V4.5h4V7m3.5 0-.7 12.5H7.2L6.5 7",
  person: "M12 11.5a3.7 3.7 0 1 0 0-7.5 3.7 3.7 0 0 0 0 7.5ZM5 20c.6-3.5 3.3-5.5 7-5.5s6.4 2 7 5.5",
  go: "M5 12h13.5m-5-5 5 5-5 5",
  spark: "M12 3.5c.7 5 3.5 7.8 8.5 8.5-5 .7-7.8 3.5-8.5 8.5-.7-5-3.5-7.8-8.5-8.5 5-.7 7.8-3.5 8.5-8.5Z",
} as const;

/** An icon's name. */
export type IconName = keyof typeof PATHS;

/** An icon in the colour of the text around it. Whoever uses it says in words what it means. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
