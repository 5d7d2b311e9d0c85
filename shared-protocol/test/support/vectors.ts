import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

type Piece = string | { readonly repeat: string; readonly times: number };

/** The frame of a vector: an object to encode, or the exact text in pieces. */
export interface FrameSource {
  readonly name: string;
  readonly frame?: Readonly<Record<string, unknown>>;
  readonly text?: string | readonly Piece[];
}

/** A frame that decodes; `reads` is what comes out where that is not the frame itself. */
export interface ValidVector extends FrameSource {
  readonly reads?: Readonly<Record<string, unknown>>;
}

/** A frame that does not decode. `close` in place of `code` where its size alone ends the socket. */
export interface InvalidVector extends FrameSource {
  readonly code?: string;
  readonly ref?: string | null;
  readonly close?: number;
  readonly schema?: "accepts";
}

/** One file of vectors; `type` is null where they belong to no type. */
export interface VectorFile {
  readonly file: string;
  readonly type: string | null;
  readonly valid: readonly ValidVector[];
  readonly invalid: readonly InvalidVector[];
}

const root = new URL("../../vectors/", import.meta.url);

/** Reads one of the files that stand directly under `vectors/`. */
export function readVectors<Content>(file: string): Content {
  return JSON.parse(readFileSync(new URL(file, root), "utf8")) as Content;
}

/** Reads every file of one direction. */
export function frameVectors(direction: "client" | "server"): VectorFile[] {
  const folder = fileURLToPath(new URL(`${direction}/`, root));
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => ({ file: name, ...readVectors<Omit<VectorFile, "file">>(`${direction}/${name}`) }));
}

/** The text that a vector puts on the wire. */
export function textOf(vector: FrameSource): string {
  if (vector.frame !== undefined) return JSON.stringify(vector.frame);
  const pieces = typeof vector.text === "string" ? [vector.text] : (vector.text ?? []);
  return pieces
    .map((piece) => (typeof piece === "string" ? piece : piece.repeat.repeat(piece.times)))
    .join("");
}

/** What comes out of decoding a valid vector. */
export function expectedOf(vector: ValidVector): unknown {
  return vector.reads ?? JSON.parse(textOf(vector));
}
