"""Files of the product, read and parsed once. Knows no Django and imports nothing of the product."""

from __future__ import annotations

import ast
import subprocess
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NOT_PRODUCT = frozenset({"tests", "benchmarks"})


@dataclass(frozen=True)
class Module:
    """One Python file of the product.

    Attributes:
        path: Relative to the repository.
        text: Its source.
        tree: Its syntax tree.
    """

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Dotted name by which others import it."""
        return ".".join(self.path.with_suffix("").parts).removesuffix(".__init__")

    @property
    def room(self) -> str:
        """Top-level folder; `top level` for files outside of any."""
        return self.path.parts[0] if len(self.path.parts) > 1 else "top level"


def product() -> list[Module]:
    """Return the product's modules: no tests, benchmarks or migrations."""
    paths = (path for path in tracked("*.py") if path.parts[0] not in NOT_PRODUCT and "migrations" not in path.parts)
    return [parsed(path, (ROOT / path).read_text()) for path in paths]


def parsed(path: Path, text: str) -> Module:
    return Module(path, text, ast.parse(text))


def by_room(modules: list[Module]) -> Mapping[str, list[Module]]:
    rooms: dict[str, list[Module]] = defaultdict(list)
    for module in modules:
        rooms[module.room].append(module)
    return rooms


def tracked(*patterns: str) -> Iterator[Path]:
    """Yield tracked files that match git's patterns and exist."""
    command = ["git", "ls-files", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return (Path(line) for line in listed.splitlines() if (ROOT / line).is_file())
