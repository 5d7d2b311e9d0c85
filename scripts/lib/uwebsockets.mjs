import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { retargetToOlderGlibc } from "./elf-retarget.mjs";
import { rootPath } from "./root.mjs";

/**
 * uWebSockets.js on this machine. Its binaries are built for glibc 2.38. On 2.36 and 2.37 a copy that needs
 * 2.36 stands in, where the gateway looks for it: `.parlance/uwebsockets/` in the `node_modules` that holds the
 * package. Older systems lack functions it really needs (arc4random), and musl has another C library: there the
 * gateway serves on ws.
 */

const BUILT_FOR_GLIBC = "2.38";
const OLDEST_GLIBC = "2.36";

/** SHA-256 of the binaries of @btc-vision/uwebsockets.js 20.57.0, as published and as retargeted. */
const KNOWN_BINARIES = {
  uws_linux_arm64_115: {
    published: "6bdbc8ff976b4371af1906175e9025804bacc38a414969f4f02314e6b99f206c",
    retargeted: "eaa12cdd49c20a8fb1485dc055cc141ae85b64e2db245630085f93fec9e6601d",
  },
  uws_linux_arm64_127: {
    published: "82b79bd18d1e3563de336156005bd01b7f39fc387b65173d69a29da4ee79f895",
    retargeted: "9f8b29f1112b1e27138abd232d8cfbef4a405d5633625f38d19dba7d759a4c0b",
  },
  uws_linux_arm64_137: {
    published: "88618b30ddf6b2b62310db89f40a701616676352aac5e0f6184dd8ef876199ce",
    retargeted: "50691cb2ed74d2e1711806a07a3f3c6419db5fd63d776c171912f9c097fd270a",
  },
  uws_linux_arm64_141: {
    published: "81d0186dd1549ed6a7f47e68e323573fc27d69d2920527654ce2dd993af2b0ec",
    retargeted: "28f00717039d9fa9bc8a09660835deb2c1a76b4ec6421695b59d7ad608b94e14",
  },
  uws_linux_x64_115: {
    published: "5b126ee00bf754b02e97e4c27090365a8562c5820c93f93918ac2212d4503e91",
    retargeted: "0b40a7ff2a1e1d38e8d34ac9b69bf5cf757fcbbbe56fe3bc981ee5c664ebf314",
  },
  uws_linux_x64_127: {
    published: "4b55b1f2cb7a7913febbb65a89496412b96af77e838552980092ba6b33723aac",
    retargeted: "65537716292c5b3d9ee617914eeed1e4496f092f001c33504e8a9a0f12780f59",
  },
  uws_linux_x64_137: {
    published: "98128405dba2fb608448e921a979530f70c946a2cc9889c15f2fa70c2d00ab05",
    retargeted: "2630bb59236deeadf501d6abaf79c1a655b4a0b78579fba408eea84d1a30f6ca",
  },
  uws_linux_x64_141: {
    published: "813d788b347c6fd76b779d8932311ec05a044e612b4b83af220f16e6ea789683",
    retargeted: "eea6f5f0ce9e2405a81ddb885b647c40bb5ebc2a06e48852f8af74290f79c543",
  },
};

/** The binary's name for the Node that runs this, without its ending. */
export const BINARY_NAME = `uws_${process.platform}_${process.arch}_${process.versions.modules}`;

/** The glibc this process runs on, such as "2.36"; undefined on musl and outside Linux. */
export function glibcVersion() {
  if (process.platform !== "linux" || !process.report) return undefined;
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime;
}

/** Whether this glibc needs, and can load, the retargeted copy. */
export function needsCopy(glibc) {
  return glibc !== undefined && isOlder(glibc, BUILT_FOR_GLIBC) && !isOlder(glibc, OLDEST_GLIBC);
}

/**
 * Makes the copy that loads here, where one is needed; a copy that is already right stays as it is.
 * @param {{modules?: string, glibc?: string | undefined, name?: string}} [place] the `node_modules` that holds
 *   the package, the C library to make it for, and the binary's name; the machine's own where not given
 * @returns {string | undefined} the copy's path, or undefined where the published binary is to be loaded
 * @throws where the published binary is not one of those known: nothing is written then
 */
export function prepareUWebSockets(place = {}) {
  const { modules = rootPath("node_modules"), name = BINARY_NAME } = place;
  if (!needsCopy("glibc" in place ? place.glibc : glibcVersion())) return undefined;
  const copy = join(modules, ".parlance", "uwebsockets", `${name}.node`);
  const known = KNOWN_BINARIES[name];
  if (!known) throw new Error(`uWebSockets.js has no binary ${name}.node that Parlance knows`);
  if (hashOf(readIfThere(copy)) === known.retargeted) return copy;

  const original = join(modules, "uWebSockets.js", `${name}.node`);
  const published = readIfThere(original);
  if (!published) throw new Error(`uWebSockets.js is not installed: there is no ${original}`);
  if (hashOf(published) !== known.published) {
    throw new Error(`${original} is not the binary Parlance knows: its SHA-256 is ${hashOf(published)}`);
  }
  const retargeted = retargetToOlderGlibc(published);
  if (hashOf(retargeted) !== known.retargeted)
    throw new Error(`retargeting ${original} gave another file than it should`);
  mkdirSync(dirname(copy), { recursive: true });
  const unfinished = `${copy}.${process.pid}`;
  writeFileSync(unfinished, retargeted);
  renameSync(unfinished, copy);
  return copy;
}

/**
 * Which socket server a gateway on this machine and this Node serves with.
 * @returns {{name: "uWebSockets.js" | "ws", reason?: string, expected: boolean}} `expected` is whether
 *   uWebSockets.js has to load here: if it then does not, something is broken
 */
export function probeSocketServer() {
  const glibc = glibcVersion();
  const expected =
    process.platform === "linux" &&
    process.arch === "x64" &&
    glibc !== undefined &&
    !isOlder(glibc, OLDEST_GLIBC);
  if (glibc !== undefined && isOlder(glibc, OLDEST_GLIBC)) {
    return { name: "ws", reason: `uWebSockets.js needs glibc ${OLDEST_GLIBC}, here is ${glibc}`, expected };
  }
  try {
    const copy = prepareUWebSockets();
    createRequire(import.meta.url)(process.env.PARLANCE_UWS_BINARY || copy || "uWebSockets.js");
    return { name: "uWebSockets.js", expected };
  } catch (error) {
    return { name: "ws", reason: firstLine(error), expected };
  }
}

function isOlder(version, than) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [thanMajor = 0, thanMinor = 0] = than.split(".").map(Number);
  return major < thanMajor || (major === thanMajor && minor < thanMinor);
}

function hashOf(bytes) {
  return bytes && createHash("sha256").update(bytes).digest("hex");
}

function readIfThere(path) {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function firstLine(error) {
  return String(error instanceof Error ? error.message : error).split("\n")[0];
}
