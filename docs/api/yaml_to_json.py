"""Puts openapi.yaml into a C++ source as JSON: yaml_to_json.py openapi.yaml openapi_json.cpp"""

import json
import sys

import yaml

PIECE = 4000  # string literals have a length that compilers must take; pieces stay far below it


def cpp_of(document):
    pieces = [document[at:at + PIECE] for at in range(0, len(document), PIECE)]
    literals = "\n".join(f'    R"json({piece})json"' for piece in pieces)
    return ('#include "api/description.h"\n\nnamespace postroom::api {\n\nstd::string_view openapi_json() {\n'
            f"  return\n{literals};\n}}\n\n}}  // namespace postroom::api\n")


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        document = json.dumps(yaml.safe_load(file), separators=(",", ":"), ensure_ascii=True)
    assert ')json"' not in document
    with open(target, "w", encoding="ascii") as file:
        file.write(cpp_of(document))


if __name__ == "__main__":
    main()
