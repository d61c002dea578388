"""Puts the built Back Office into the program: embed_site.py FOLDER TARGET.S TARGET.cpp (FOLDER may be missing)"""

import gzip
import hashlib
import os
import re
import sys

TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".svg": "image/svg+xml", ".woff2": "font/woff2", ".png": "image/png", ".json": "application/json",
         ".txt": "text/plain; charset=utf-8", ".webmanifest": "application/manifest+json"}
WORTH_IT = 0.9  # of the plain size: a larger packed file saves nothing
NAMED_BY_BYTES = re.compile(r"^/assets/.*-[A-Za-z0-9_-]{8,}\.\w+$")


def files_of(folder):
    for parent, _, names in os.walk(folder):
        for name in names:
            if os.path.splitext(name)[1] in TYPES:
                yield os.path.join(parent, name)


def main():
    folder, assembly, table = sys.argv[1:]
    lines, externs, rows = ['  .section .rodata'], [], []
    for index, file in enumerate(sorted(files_of(folder))):
        path = "/" + os.path.relpath(file, folder)
        with open(file, "rb") as plain:
            content = plain.read()
        packed = gzip.compress(content, 9, mtime=0)
        if len(packed) > len(content) * WORTH_IT:
            packed = b""
        packed_file = f"{assembly}.{index}.gz"
        with open(packed_file, "wb") as target:
            target.write(packed)
        for kind, name in (("plain", file), ("packed", packed_file)):
            symbol = f"postroom_site_{index}_{kind}"
            lines += [f"  .global {symbol}", f"{symbol}:", f'  .incbin "{name}"', "  .byte 0"]
            externs.append(f"{symbol}[]")
        etag = hashlib.sha256(content).hexdigest()[:20]
        kept = "true" if NAMED_BY_BYTES.match(path) else "false"
        rows.append(f'    {{"{path}", "{TYPES[os.path.splitext(path)[1]]}", "\\"{etag}\\"",\n'
                    f"     {{postroom_site_{index}_plain, {len(content)}}}, {{postroom_site_{index}_packed, {len(packed)}}},"
                    f" {kept}}},")
    lines.append('  .section .note.GNU-stack, "", @progbits')
    with open(assembly, "w", encoding="utf-8") as target:
        target.write("\n".join(lines) + "\n")
    extern = f'extern "C" const char {", ".join(externs)};\n' if externs else ""
    body = f"  static const Asset assets[] = {{\n" + "\n".join(rows) + "\n  };\n  return assets;\n" if rows else "  return {};\n"
    with open(table, "w", encoding="utf-8") as target:
        target.write(f'#include "console/site.h"\n\n{extern}\nnamespace postroom::console {{\n\n'
                     f"std::span<const Asset> built_site() {{\n{body}}}\n\n}}  // namespace postroom::console\n")


if __name__ == "__main__":
    main()
