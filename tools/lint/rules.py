"""Checks C++ sources (paths on standard input) for include layers, bans, include guards and self-containment order."""

import re
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).parent
LAYERS = tomllib.loads((HERE / "layers.toml").read_text())["layers"]
BANS = tomllib.loads((HERE / "bans.toml").read_text())["ban"]
INCLUDE = re.compile(r'^\s*#include "([^"]+)"')


def layer_of(path: str) -> str | None:
    parts = path.split("/")
    return parts[1] if len(parts) > 2 and parts[0] == "src" else None


def is_test(path: str) -> bool:
    return any(part in path for part in ("/test/", "/testing/", "/fuzz/", "/bench/"))


def check_layers(path: str, lines: list[str]) -> list[str]:
    layer = layer_of(path)
    if layer is None:
        return []
    if layer not in LAYERS:
        return [f"{path}: folder src/{layer} is not in tools/lint/layers.toml"]
    problems = []
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        target = match.group(1).split("/")[0]
        if target == layer or target not in LAYERS:
            continue
        if "/testing/" in match.group(1) and is_test(path):
            continue
        # A test may use anything that does not depend on what it tests.
        if is_test(path) and layer not in LAYERS[target]:
            continue
        if target not in LAYERS[layer]:
            problems.append(f"{path}:{number}: src/{layer} must not include src/{target}")
    return problems


def check_bans(path: str, lines: list[str]) -> list[str]:
    problems = []
    for ban in BANS:
        if any(path.startswith(a) or (a.startswith("/") and a in "/" + path) for a in ban["allow"]):
            continue
        pattern = re.compile(ban["pattern"])
        for number, line in enumerate(lines, 1):
            code = line.split("//")[0] if "TODO" not in ban["pattern"] else line
            if pattern.search(code):
                problems.append(f"{path}:{number}: banned `{pattern.search(code).group(0)}`: {ban['why']}")
    return problems


def check_header(path: str, lines: list[str]) -> list[str]:
    if path.endswith(".h") and not path.endswith(".pb.h") and "#pragma once" not in lines[:3]:
        return [f"{path}: first line must be #pragma once"]
    return []


def main() -> int:
    problems = []
    for path in sys.stdin.read().split():
        lines = Path(path).read_text(encoding="utf-8").splitlines()
        problems += check_layers(path, lines) + check_bans(path, lines) + check_header(path, lines)
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
