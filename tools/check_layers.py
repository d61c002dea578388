"""Checks the #include lines under src/ against tools/layers.txt. Prints each breach as file:line: sentence."""

import re
import sys
from pathlib import Path

TESTS_OWN = "scripted"  # tests/scripted: peers and providers made of transcripts
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


class Layers:
    """The rules of layers.txt: three sections of "name: word word" lines."""

    def __init__(self, text: str):
        self.sections: dict[str, dict[str, list[str]]] = {"folders": {}, "doors": {}, "foreign": {}}
        section = None
        for number, line in enumerate(text.splitlines(), start=1):
            line = line.split("#", 1)[0].strip()
            if not line:
                continue
            if line.startswith("["):
                section = self.sections[line.strip("[]")]
                continue
            name, separator, words = line.partition(":")
            if section is None or not separator:
                raise ValueError(f"layers.txt:{number}: not a rule: {line}")
            section[name.strip()] = words.split()

    def folders(self):
        return self.sections["folders"]

    def breach(self, file: str, quoted: bool, header: str) -> str | None:
        """Why `file` (relative to src/) may not include `header`, or None."""
        folder = file.split("/", 1)[0]
        if folder not in self.folders():
            return f"folder {folder}/ is not in layers.txt"
        if quoted:
            return self._breach_of_layers(file, folder, header)
        return self._breach_of_border(file, header)

    def _breach_of_layers(self, file: str, folder: str, header: str) -> str | None:
        target = header.split("/", 1)[0]
        if target == TESTS_OWN and file.endswith("_test.cpp"):
            return None
        if target not in self.folders():
            return f'"{header}" names no folder of src/ (write "folder/file.h")'
        if target == folder:
            return None
        allowed = self.folders()[folder]
        if target not in allowed and header not in allowed:
            return f'{folder}/ may not include "{header}"'
        if file.endswith("_test.cpp"):
            return None
        for door, users in self.sections["doors"].items():
            if header.startswith(door) and folder not in users:
                return f'only {" ".join([target, *users])} may name "{header}": it stands behind a door'
        return None

    def _breach_of_border(self, file: str, header: str) -> str | None:
        for prefix, homes in self.sections["foreign"].items():
            if header.startswith(prefix) and not any(file.startswith(home + "/") for home in homes):
                return f"<{header}> belongs behind the border of {', '.join(homes)}"
        return None


def check(src: Path, layers: Layers) -> list[str]:
    found = []
    for path in sorted(src.rglob("*")):
        if path.suffix not in (".h", ".cpp"):
            continue
        file = path.relative_to(src).as_posix()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            match = INCLUDE.match(line)
            if match and (why := layers.breach(file, match[1] == '"', match[2])):
                found.append(f"src/{file}:{number}: {why}")
    return found


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    layers = Layers((root / "tools" / "layers.txt").read_text(encoding="utf-8"))
    found = check(root / "src", layers)
    for line in found:
        print(line)
    print(f"layers: {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
