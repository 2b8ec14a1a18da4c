"""Verify a downloaded miniature offline: its weights, its card, and the rows that the card's figures stand on.

Standard library alone, so that this one file can be copied to any machine and read there:

    python verify_miniature.py MINIATURE.zip [ROWS.jsonl ...]

Nothing is unpacked. A zip that somebody made up as a whole can hold together too: compare the hashes it prints with a
note of your own.
"""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

FORMAT: Final = "miniatures.archive/1"
MANIFEST: Final = "miniature.json"
CARD, DATASET = "card/card.json", "card/dataset.json"
# Weights are read block by block; what is read as JSON is small.
MOST_JSON_BYTES: Final = 64 << 20
BLOCK_BYTES: Final = 1 << 20
HOLDS, DIFFERS, UNREADABLE = 0, 1, 2
_BAD_ZIP = (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError)
_BAD_SHAPE = (KeyError, TypeError, AttributeError, ValueError, RecursionError)


class DifferenceError(Exception):
    """The first file that differs, in a sentence."""


class UnreadableError(Exception):
    """No downloaded miniature, or none of a known format; its text is a sentence."""


class Archive:
    """Read the files of one zip, each at most as long as a bound.

    Attributes:
        files: Entries by their path below the zip's only folder.
    """

    def __init__(self, source: zipfile.ZipFile) -> None:
        self._zip = source
        names = (entry.filename.partition("/") for entry in source.infolist())
        folder = next((folder for folder, _, path in names if path == MANIFEST), None)
        if folder is None:
            raise UnreadableError(f"There is no {MANIFEST} in it: it is not a miniature downloaded from Miniatures.")
        self.files: dict[str, zipfile.ZipInfo] = {}
        for entry in source.infolist():
            top, _, path = entry.filename.partition("/")
            if top != folder or not path or path in self.files:
                raise DifferenceError(
                    f"{entry.filename} was added: it is not one of the miniature's files, or is there twice."
                )
            self.files[path] = entry

    def sha256(self, path: str, *, most: int) -> str:
        """Return the hash of a file, hex.

        Raises:
            DifferenceError: It cannot be unpacked, or is longer.
        """
        try:
            with self._zip.open(self.files[path]) as source:
                return _sha256(source, most=most)
        except (*_BAD_ZIP, ValueError) as error:
            raise DifferenceError(f"{path} differs: {error}.") from None

    def json(self, path: str) -> Any:
        """Return a small file as a JSON value.

        Raises:
            UnreadableError: It is no JSON, or too long.
        """
        try:
            with self._zip.open(self.files[path]) as source:
                text = source.read(MOST_JSON_BYTES + 1)
            if len(text) > MOST_JSON_BYTES:
                raise ValueError(f"it is longer than {MOST_JSON_BYTES:,} bytes")
            return json.loads(text)
        except (*_BAD_ZIP, ValueError, RecursionError) as error:
            raise UnreadableError(f"{path} cannot be read: {error}.") from None


def verify(path: Path, rows: Sequence[Path] = ()) -> list[str]:
    """Verify a downloaded miniature.

    Args:
        rows: JSONL files of its dataset that were downloaded too.

    Returns:
        Lines for people: how many files hold, and hashes to compare with a note of one's own.

    Raises:
        DifferenceError: Something differs; the first of it is named.
        UnreadableError: It is no downloaded miniature.
    """
    try:
        source = zipfile.ZipFile(path)
    except (*_BAD_ZIP, ValueError) as error:
        raise UnreadableError(f"{path} cannot be read as a zip: {error}.") from None
    with source:
        archive = Archive(source)
        manifest = archive.json(MANIFEST)
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise UnreadableError(f"{MANIFEST} is not of the format {FORMAT}.")
        hashes = _require_files(archive, manifest)
        noted = _require_card(archive, manifest, hashes)
        _require_rows(archive, rows)
        return [f"{len(archive.files) + len(rows):,} files hold.", *noted]


def _require_files(archive: Archive, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Check each file against the manifest and return its hash; no file is missing, and none is more."""
    hashes = {}
    try:
        weights = manifest["export"]["files"] if "export" in manifest else manifest["files"]
        listed = [(str(file["path"]), str(file["sha256"]), int(file["bytes"])) for file in manifest["parts"] + weights]
    except _BAD_SHAPE:
        raise UnreadableError(f"{MANIFEST} has another shape than Miniatures gives it.") from None
    for path, sha256, size in listed:
        if path not in archive.files:
            raise DifferenceError(f"{path} is missing.")
        hashes[path] = archive.sha256(path, most=size)
        if hashes[path] != sha256:
            raise DifferenceError(f"{path} differs: its SHA-256 is {hashes[path]}, the manifest says {sha256}.")
    for path in archive.files:
        if path not in hashes and path != MANIFEST:
            raise DifferenceError(f"{path} was added: the manifest does not name it.")
    return hashes


def _require_card(archive: Archive, manifest: Mapping[str, Any], hashes: Mapping[str, str]) -> list[str]:
    """Check the card's weights, dataset, task versions and evaluations; return hashes to note."""
    if CARD not in hashes:
        raise DifferenceError(f"{CARD} is missing.")
    card = archive.json(CARD)
    try:
        miniature, version = card["miniature"], card["lineage"]["dataset_version"]
        noted = [
            f"Miniature {miniature['slug']}: {miniature['manifest_sha256']}",
            f"Dataset {version['name']} v{version['number']}: {version['content_hash']}",
        ]
        pairs = {
            CARD: (miniature["manifest_sha256"], manifest["manifest_sha256"]),
            DATASET: (version["content_hash"], hashes.get(DATASET, "")),
        }
        for task_version in card["lineage"]["task_versions"]:
            path = f"card/task-version-{task_version['number']}.json"
            pairs[path] = (task_version["content_hash"], hashes.get(path, ""))
        for scores in card["scores"]:
            path = f"card/evaluation-{scores['evaluation']}.json"
            pairs[path] = (_figures(scores), _measured(archive.json(path)) if path in hashes else None)
    except _BAD_SHAPE:
        raise DifferenceError(f"{CARD} differs: it has another shape than a card.") from None
    for path, (on_card, actual) in pairs.items():
        if on_card != actual:
            raise DifferenceError(f"{path} differs: the card names another one, or has other figures.")
    return noted


def _figures(scores: Mapping[str, Any]) -> tuple[Any, ...]:
    metrics = {name: system["metrics"] for name, system in scores["systems"].items()}
    return scores["split"], scores["at"], scores["opening"], scores["records"], metrics


def _measured(evaluation: Mapping[str, Any]) -> tuple[Any, ...]:
    summary = evaluation["summary"]
    return evaluation["split"], evaluation["at"], evaluation["opening"], summary.get("records", 0), summary["systems"]


def _require_rows(archive: Archive, rows: Sequence[Path]) -> None:
    frozen = {sha256 for _, _, sha256, _ in archive.json(DATASET)} if rows else set()
    for path in rows:
        with path.open("rb") as source:
            sha256 = _sha256(source)
        if sha256 not in frozen:
            raise DifferenceError(f"{path} differs: the dataset was frozen without a file of SHA-256 {sha256}.")


def _sha256(source: IO[bytes], *, most: int | None = None) -> str:
    total, size = hashlib.sha256(), 0
    while block := source.read(BLOCK_BYTES):
        size += len(block)
        if most is not None and size > most:
            raise ValueError(f"it is longer than {most:,} bytes")
        total.update(block)
    return total.hexdigest()


def main(arguments: Sequence[str]) -> int:
    """Verify one zip and print the outcome; returns the exit status."""
    if not arguments or arguments[0].startswith("-"):
        print("usage: verify_miniature MINIATURE.zip [ROWS.jsonl ...]", file=sys.stderr)
        return UNREADABLE
    first, *rows = map(Path, arguments)
    try:
        lines = verify(first, rows)
    except (DifferenceError, UnreadableError, OSError) as error:
        print(_plain(str(error)), file=sys.stderr)
        return DIFFERS if isinstance(error, DifferenceError) else UNREADABLE
    print("\n".join(map(_plain, lines)))
    return HOLDS


def _plain(text: str) -> str:
    """Escape characters of the zip that would move a terminal's cursor."""
    return "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
