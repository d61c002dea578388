"""The API's description as JSON, for the program that carries it: yaml_to_json.py openapi.yaml openapi.json"""

import json
import sys

import yaml


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        document = json.dumps(yaml.safe_load(file), separators=(",", ":"), ensure_ascii=True)
    with open(target, "w", encoding="ascii") as file:
        file.write(document)


if __name__ == "__main__":
    main()
