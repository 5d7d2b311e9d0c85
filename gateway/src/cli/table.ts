/** Rows under headings, in aligned columns. */
export function table(headings: readonly string[], rows: readonly (readonly unknown[])[]): string {
  return columns([headings, ...rows.map((row) => row.map(cell))]);
}

/** Rows in aligned columns. */
export function columns(rows: readonly (readonly string[])[]): string {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Names and values, a line each, nested ones with dotted names. */
export function fields(value: Readonly<Record<string, unknown>>): string {
  return columns(flatten(value, ""));
}

function flatten(value: Readonly<Record<string, unknown>>, prefix: string): [string, string][] {
  return Object.entries(value).flatMap(([name, each]): [string, string][] => {
    const whole = `${prefix}${name}`;
    const nested = typeof each === "object" && each !== null && !Array.isArray(each);
    if (nested && Object.keys(each).length > 0) {
      return flatten(each as Record<string, unknown>, `${whole}.`);
    }
    return [[whole, nested ? "-" : cell(each)]];
  });
}

/** Control characters of what others wrote never reach the terminal. */
function cell(value: unknown): string {
  if (value === null || value === undefined || value === "") return "-";
  if (Array.isArray(value)) {
    return value.length === 0 ? "-" : value.map((each) => oneLine(plain(each))).join(", ");
  }
  return oneLine(plain(value));
}

function plain(value: unknown): string {
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** A text in one line, without what moves a terminal's cursor or colours it. */
function oneLine(text: string): string {
  return printable(text.replaceAll(/\s+/g, " "));
}

/** A line without what moves a terminal's cursor or colours it. */
export function printable(line: string): string {
  return line.replaceAll(/\p{Cc}/gu, "\u{fffd}");
}
