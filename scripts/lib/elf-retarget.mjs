/**
 * A native module built on a system with glibc 2.38 asks for three C23 twins of old functions, though it needs
 * nothing of what is new in them. Here their entries in the ELF file's dynamic symbol table are pointed at the
 * plain functions, which every glibc has:
 *
 *   dynamic symbols   __isoc23_strtol  @ GLIBC_2.38   →   strtol @ GLIBC_2.2.5 (2.17 on arm64)
 *   version needs     libc.so.6 wants GLIBC_2.38      →   the base version, named a second time
 */

const ELF_MAGIC = 0x7f454c46;
const SECTION_DYNSYM = 11;
const SECTION_VERNEED = 0x6ffffffe;
const SECTION_VERSYM = 0x6fffffff;
const SYMBOL_BYTES = 24;
const VERSION_HIDDEN_BIT = 0x8000;
const LIBC = "libc.so.6";
const TOO_NEW = "GLIBC_2.38";
/** x64 began at 2.2.5, arm64 at 2.17; x64 has symbols of 2.17 too, so the order counts. */
const BASE_VERSIONS = ["GLIBC_2.2.5", "GLIBC_2.17"];
const TWIN_PREFIX = "__isoc23_";
const TWINS = ["__isoc23_sscanf", "__isoc23_strtol", "__isoc23_strtoul"];

/**
 * The same 64-bit little-endian ELF file, without its need of glibc 2.38.
 * @param {Buffer} original
 * @returns {Buffer} a copy; the original is left as it is
 * @throws where the file is no such file, or needs anything else of glibc 2.38
 */
export function retargetToOlderGlibc(original) {
  const file = Buffer.from(original);
  const sections = readSections(file);
  const symbols = sectionOf(sections, SECTION_DYNSYM);
  const versions = sectionOf(sections, SECTION_VERSYM);
  const names = sections[symbols.link];
  if (!names) throw new Error("the symbol table has no names");
  const nameAt = (offset) => textAt(file, names.offset + offset);

  const needs = [...versionNeeds(file, sectionOf(sections, SECTION_VERNEED), nameAt)];
  const needOf = (version) => needs.find((need) => need.library === LIBC && need.version === version);
  const tooNew = needOf(TOO_NEW);
  const base = BASE_VERSIONS.map(needOf).find((need) => need !== undefined);
  if (!tooNew || !base) throw new Error(`it does not need ${TOO_NEW} and a base version of ${LIBC}`);

  for (let index = 0; index * SYMBOL_BYTES < symbols.size; index += 1) {
    const versionOffset = versions.offset + index * 2;
    if ((file.readUInt16LE(versionOffset) & ~VERSION_HIDDEN_BIT) !== tooNew.index) continue;
    const symbolOffset = symbols.offset + index * SYMBOL_BYTES;
    const nameOffset = file.readUInt32LE(symbolOffset);
    const name = nameAt(nameOffset);
    if (!TWINS.includes(name)) throw new Error(`it needs ${name} of ${TOO_NEW}`);
    // Names end where their C string ends, so the plain name is the tail of the twin's.
    file.writeUInt32LE(nameOffset + TWIN_PREFIX.length, symbolOffset);
    file.writeUInt16LE(base.index, versionOffset);
  }
  file.writeUInt32LE(file.readUInt32LE(base.offset), tooNew.offset);
  file.writeUInt32LE(file.readUInt32LE(base.offset + 8), tooNew.offset + 8);
  return file;
}

function readSections(file) {
  if (file.length < 64 || file.readUInt32BE(0) !== ELF_MAGIC) throw new Error("it is no ELF file");
  const table = Number(file.readBigUInt64LE(0x28));
  const entryBytes = file.readUInt16LE(0x3a);
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => {
    const entry = table + index * entryBytes;
    return {
      type: file.readUInt32LE(entry + 4),
      offset: Number(file.readBigUInt64LE(entry + 0x18)),
      size: Number(file.readBigUInt64LE(entry + 0x20)),
      link: file.readUInt32LE(entry + 0x28),
    };
  });
}

function sectionOf(sections, type) {
  const section = sections.find((candidate) => candidate.type === type);
  if (!section) throw new Error(`it has no section of type ${type.toString(16)}`);
  return section;
}

function textAt(file, offset) {
  return file.toString("latin1", offset, file.indexOf(0, offset));
}

/** Each library's list of versions: `offset` is that of the entry, which begins with the version's hash. */
function* versionNeeds(file, section, nameAt) {
  let library = section.offset;
  for (;;) {
    const libraryName = nameAt(file.readUInt32LE(library + 4));
    let entry = library + file.readUInt32LE(library + 8);
    for (let left = file.readUInt16LE(library + 2); left > 0; left -= 1) {
      yield {
        library: libraryName,
        version: nameAt(file.readUInt32LE(entry + 8)),
        index: file.readUInt16LE(entry + 6),
        offset: entry,
      };
      entry += file.readUInt32LE(entry + 12);
    }
    const next = file.readUInt32LE(library + 12);
    if (next === 0) return;
    library += next;
  }
}
