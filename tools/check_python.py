"""Compiles every Python file of the repository in memory: a syntax check that writes nothing."""

import sys
from pathlib import Path

FOLDERS = ("tools", "tests", "bench", "fuzz")


def main() -> int:
    root = Path(__file__).resolve().parent.parent
    failed = 0
    for path in sorted(file for folder in FOLDERS for file in (root / folder).rglob("*.py")):
        try:
            compile(path.read_text(encoding="utf-8"), str(path.relative_to(root)), "exec")
        except SyntaxError as error:
            failed += 1
            print(f"{path.relative_to(root)}:{error.lineno}: {error.msg}")
    print(f"python: {failed} files with syntax errors")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
