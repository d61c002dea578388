"""Checks the style rules that a reader would otherwise have to remember. Prints each breach as file:line: sentence.

The rules look at lines and braces, not at a syntax tree: they are cheap and a little coarse. A rule that is wrong about
a place is corrected here, where its exceptions stand, not at the place.
"""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

SOURCE_FOLDERS = ("src", "tests", "fuzz", "bench")
CODE = (".h", ".cpp")
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 70
BANNED_NAME = re.compile(r"(^|_)(utils?|common|helpers?|managers?)(_|\.|$)", re.IGNORECASE)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX)\b")

ROOT_FILES = {
    "README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "dev", "CMakeLists.txt",
    "CMakePresets.json", ".clang-format", ".clang-tidy", ".gitignore", ".gitattributes",
}
ROOT_FOLDERS = {
    "src", "web", "tests", "fuzz", "bench", "docs", "tools", "packaging", ".ci", ".git", ".github",
    "build", "postroom-data",  # not in the repository: .gitignore
}

# What may be named only behind its door: pattern, what to use instead, and where it may stand.
DOORS = [
    (r"(system_clock|steady_clock|high_resolution_clock)::now\b", "async::Clock",
     ("src/net/", "src/app/", "src/async/sim_", "bench/")),
    (r"\b(secure_)?getenv\s*\(", "the configuration of src/app", ("src/app/", "bench/", "tests/sim/")),
    (r"(?<![\w.>])(rand|srand|random|drand48)\s*\(", "Random", ()),
    (r"\brandom_device\b|\bgetrandom\s*\(", "Random", ("src/base/random.cpp",)),
    (r"\bthis_thread::sleep_(for|until)\b|\bsleep_for\b|\bu?sleep\s*\(|\bnanosleep\s*\(", "a wait on the Loop", ("bench/",)),
    (r"\bstd::(thread|jthread|async)\b", "the loop, or the store's writer",
     ("src/net/", "src/store/sqlite/", "src/auth/password_hasher", "src/app/", "bench/")),
    (r"::socket\s*\(|(?<![\w:.>])socket\s*\(", "Dialer or Listener", ("src/net/", "src/app/", "bench/")),
]
DOORS = [(re.compile(pattern), instead, places) for pattern, instead, places in DOORS]

# Public functions that take a bool because it is the value they are about, not a switch: "file: function".
BOOL_ALLOWED = {"src/smtp/client_session.h: PhaseObserver", "src/base/json_writer.h: boolean"}


@dataclass(frozen=True)
class Breach:
    file: str
    line: int
    text: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.text}"


def blank(match: re.Match) -> str:
    """Spaces of the same shape, so that lines and columns stay where they are."""
    return re.sub(r"[^\n]", " ", match[0])


LITERALS = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<tag>[^(\s]{0,16})\(.*?\)(?P=tag)"'
    r"|\"(?:\\.|[^\"\\\n])*\"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", re.DOTALL)


def without_literals(text: str) -> str:
    """The code without its comments, strings and character literals."""
    return LITERALS.sub(blank, text)


def line_of(text: str, offset: int) -> int:
    return text.count("\n", 0, offset) + 1


@dataclass(frozen=True)
class Function:
    head: str
    first_line: int
    last_line: int
    body: str


# Blocks that are not functions: they may contain functions.
NOT_A_FUNCTION = re.compile(r"\b(namespace|struct|class|union|enum|extern)\b[^()]*$|^\s*$|=\s*$")


def functions(code: str) -> list[Function]:
    """The function bodies of code without literals: outermost blocks whose head has a parameter list."""
    found = []
    position = 0
    head_begin = 0
    while position < len(code):
        character = code[position]
        if character in ";}":
            head_begin = position + 1
        elif character == "{":
            head = code[head_begin:position]
            if is_function_head(head):
                end = matching_brace(code, position)
                first = line_of(code, head_begin + len(head) - len(head.lstrip()))
                found.append(Function(head.strip(), first, line_of(code, end), code[position:end + 1]))
                position = end
            elif not re.search(r"\b(namespace|struct|class|union|extern)\b", head):
                position = matching_brace(code, position)  # a table, an enum, an initializer
            head_begin = position + 1
        position += 1
    return found


def is_function_head(head: str) -> bool:
    head = re.sub(r"^\s*(#[^\n]*\n|\s)*", "", head)
    head = re.sub(r"^\s*(public|private|protected)\s*:", "", head)
    if NOT_A_FUNCTION.search(head):
        return False
    return "(" in head and not re.match(r"\s*(inline |static |constexpr |const )*[\w:<>, ]+\s+\w+(\[\])?\s*=", head)


def matching_brace(code: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(code)):
        if code[position] == "{":
            depth += 1
        elif code[position] == "}":
            depth -= 1
            if depth == 0:
                return position
    return len(code) - 1


# ---- rules over one code file ---------------------------------------------------------------------------------------


def rule_file_length(file, text, code):
    count = text.count("\n")
    if count > MAX_FILE_LINES:
        yield Breach(file, count, f"the file has {count} lines; the limit is {MAX_FILE_LINES}")


def rule_function_length(file, text, code):
    for function in functions(code):
        length = function.last_line - function.first_line + 1
        if length > MAX_FUNCTION_LINES and not re.match(r"TYPED_TEST_SUITE|INSTANTIATE_", function.head):
            yield Breach(file, function.first_line, f"the function has {length} lines; the limit is {MAX_FUNCTION_LINES}")


def rule_unfinished(file, text, code):
    for match in UNFINISHED.finditer(text):
        yield Breach(file, line_of(text, match.start()), f"{match[0]}: finish it, or file an issue")


def rule_pragma_once(file, text, code):
    if file.endswith(".h") and not re.search(r"^#pragma once$", text, re.MULTILINE):
        yield Breach(file, 1, "a header starts with #pragma once")


def rule_doors(file, text, code):
    for pattern, instead, places in DOORS:
        if file.startswith(places):
            continue
        for match in pattern.finditer(code):
            yield Breach(file, line_of(code, match.start()), f"{match[0].strip()} is behind a door: use {instead}")


LAMBDA_TASK = re.compile(r"\[[^\[\]]+\]\s*\([^()]*\)\s*(mutable\s*)?(noexcept\s*)?->\s*(async::)?Task\b")
LAMBDA = re.compile(r"(?<![\w\])])\[(?P<captures>[^\[\]]*)\]\s*(\((?:[^()]|\([^()]*\))*\))?[^;{}()\[\]]*\{")


def rule_coroutine_lambda(file, text, code):
    reported = set()
    for match in LAMBDA_TASK.finditer(code):
        reported.add(line_of(code, match.start()))
    for match in LAMBDA.finditer(code):
        opening = match.end() - 1
        body = code[opening:matching_brace(code, opening) + 1]
        if match["captures"].strip() and re.search(r"\bco_(await|return|yield)\b", body):
            reported.add(line_of(code, match.start()))
    for line in sorted(reported):
        yield Breach(file, line, "a coroutine is never a lambda with captures: the captures die before it does")


def rule_lock_across_await(file, text, code):
    for function in functions(code):
        lock = re.search(r"\b(lock_guard|unique_lock|scoped_lock|shared_lock)\b", function.body)
        if lock and re.search(r"\bco_await\b", function.body):
            line = function.first_line + function.head.count("\n") + function.body.count("\n", 0, lock.start())
            yield Breach(file, line, "a coroutine holds no lock: it may be held across co_await")


def rule_catch_all(file, text, code):
    for match in re.finditer(r"\bcatch\s*\(\s*\.\.\.\s*\)", code):
        yield Breach(file, line_of(code, match.start()), "catch (...) hides bugs: catch what the foreign library throws")


BOOL_PARAMETER = re.compile(r"[(,]\s*(const\s+)?bool\s*(&\s*)?\w*\s*(=\s*\w+\s*)?(?=[,)])")


def rule_bool_parameter(file, text, code):
    if not file.startswith("src/") or not file.endswith(".h"):
        return
    for match in BOOL_PARAMETER.finditer(code):
        line = line_of(code, match.start())
        words = text.splitlines()[line - 1]
        if any(file == place and name in words for place, name in (e.split(": ") for e in BOOL_ALLOWED)):
            continue
        yield Breach(file, line, "a bool parameter says nothing at the call: use an enum")


CODE_RULES = (
    rule_file_length, rule_function_length, rule_unfinished, rule_pragma_once, rule_doors, rule_coroutine_lambda,
    rule_lock_across_await, rule_catch_all, rule_bool_parameter,
)


def check_code(file: str, text: str) -> list[Breach]:
    code = without_literals(text)
    return [breach for rule in CODE_RULES for breach in rule(file, text, code)]


# ---- rules over other files ---------------------------------------------------------------------------------------


def check_name(file: str) -> list[Breach]:
    if any(BANNED_NAME.search(part) for part in file.split("/")):
        return [Breach(file, 1, "utils, common, helper and manager say nothing: name the thing")]
    return []


def check_text(file: str, text: str) -> list[Breach]:
    """Python, shell and CMake files: length and unfinished work."""
    return list(rule_file_length(file, text, text)) + list(rule_unfinished(file, text, text))


LINK = re.compile(r"\[[^\]\n]*\]\(\s*<?([^)\s>]+)")


def check_links(root: Path, file: str, text: str) -> list[Breach]:
    found = []
    prose = re.sub(r"^```.*?^```|`[^`\n]*`", blank, text, flags=re.DOTALL | re.MULTILINE)
    for match in LINK.finditer(prose):
        target = match[1].split("#", 1)[0]
        if not target or re.match(r"[a-z][a-z+.-]*:", target):
            continue
        if not (root / file).parent.joinpath(target).exists():
            found.append(Breach(file, line_of(prose, match.start()), f"the link leads nowhere: {target}"))
    return found


def check_root(root: Path) -> list[Breach]:
    found = []
    for path in sorted(root.iterdir()):
        if path.name not in (ROOT_FOLDERS if path.is_dir() else ROOT_FILES | {".git"}):
            found.append(Breach(path.name, 1, "this does not belong in the root (see ARCHITECTURE.md)"))
    return found


def check(root: Path) -> list[Breach]:
    found = check_root(root)
    exempt = {"tools/check_style.py", "tools/check_style_test.py"}  # they name what they ban
    for path in sorted(root.rglob("*")):
        file = path.relative_to(root).as_posix()
        top = file.split("/", 1)[0]
        if not path.is_file() or top in ("build", ".git", "postroom-data", "web") or "__pycache__" in file:
            continue
        found += check_name(file)
        if path.suffix in CODE and top in SOURCE_FOLDERS:
            found += check_code(file, path.read_text(encoding="utf-8"))
        elif path.suffix == ".md":
            found += check_links(root, file, path.read_text(encoding="utf-8"))
        elif (path.suffix in (".py", ".sh", ".cmake") or path.name in ("dev", "CMakeLists.txt")) and file not in exempt:
            found += check_text(file, path.read_text(encoding="utf-8"))
    return found


def main() -> int:
    found = check(Path(__file__).resolve().parent.parent)
    for breach in found:
        print(breach)
    print(f"style: {len(found)} breaches")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
