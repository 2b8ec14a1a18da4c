"""Write an evidence file: a zip whose bytes depend on nothing but its parts, one block in memory at a time."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Mapping
from typing import IO, Any

from review.spec.prompting import canonical_json
from serving.evidence.layout import FORMAT, MANIFEST, digest_of

# Every entry has the same date: the zip tells what is, not when it was made.
DATE = (1980, 1, 1, 0, 0, 0)
MODE = 0o100644 << 16


class EvidenceZip:
    """A zip to which parts are added in a fixed order, and at last the manifest over them."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self._files: dict[str, dict[str, Any]] = {}

    def add(self, path: str, blocks: Iterable[bytes]) -> None:
        """Add a part, block by block."""
        digest, size = hashlib.sha256(), 0
        with self._zip.open(_entry(path), "w", force_zip64=True) as entry:
            for block in blocks:
                entry.write(block)
                digest.update(block)
                size += len(block)
        self._files[path] = {"sha256": digest.hexdigest(), "bytes": size}

    def add_json(self, path: str, value: object) -> None:
        """Add one value as canonical JSON."""
        self.add(path, [f"{canonical_json(value)}\n".encode()])

    def add_lines(self, path: str, rows: Iterable[Mapping[str, Any]]) -> None:
        """Add rows, each as a line of canonical JSON."""
        self.add(path, (f"{canonical_json(dict(row))}\n".encode() for row in rows))

    def abandon(self) -> None:
        """End a zip that will not be whole, while its target can still be written to."""
        self._zip.close()

    def close(self, **facts: str | bool) -> str:
        """Add the manifest with some facts, end the zip, and return the digest of the whole."""
        digest = digest_of({path: str(file["sha256"]) for path, file in self._files.items()})
        manifest = {"format": FORMAT, **facts, "files": self._files, "digest": digest}
        self._zip.writestr(_entry(MANIFEST), f"{canonical_json(manifest)}\n".encode())
        self._zip.close()
        return digest


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, DATE)
    info.compress_type, info.external_attr, info.create_system = zipfile.ZIP_DEFLATED, MODE, 3
    return info
