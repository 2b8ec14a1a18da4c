"""A miniature or its export as a zip, made while it is sent: its weights, its card, and a manifest with their hashes.

Adapters are a few megabytes, whole models gigabytes: nothing of the weights is gathered in memory or on the disk.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import zipfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from django.core.files.storage import default_storage
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from training.inputs import run_inputs
from training.miniatures import lineage
from training.models import Miniature, MiniatureExport
from web.http import conditions
from web.http.no_store import ASK_AGAIN
from web.ports import Port

if TYPE_CHECKING:
    from typing_extensions import Buffer

BLOCK_BYTES = 1 << 20
MANIFEST: Final = "miniature.json"
FORMAT: Final = "miniatures.archive/1"
# Beside the weights, where hubs and PEFT look for it.
README: Final = "README.md"
# Small files beside the weights, by path: the card, and the rows of its figures. The format is of an export, or empty.
card_files: Port[[Miniature, str], dict[str, bytes]] = Port(lambda miniature, export: {})


@dataclass(frozen=True, slots=True)
class Download:
    """A file to send: its name, a tag that changes with any of its bytes, and these bytes in order."""

    name: str
    media_type: str
    etag: str
    blocks: Iterator[bytes]


def archive(miniature: Miniature) -> Download:
    """The miniature's weights as a zip with its card."""
    small = _small_files(miniature, "", {})
    return _zipped(f"{miniature.slug}.zip", miniature, miniature.storage_prefix, miniature.files, small)


def exported(export: MiniatureExport) -> Download:
    """An export: a single file as it is, several as a zip with the miniature's card."""
    if len(export.files) == 1:
        path = str(export.files[0]["path"])
        return Download(
            path, "application/octet-stream", export.manifest_sha256, _read(f"{export.storage_prefix}/{path}")
        )
    more = {"format": export.format, "files": export.files, "manifest_sha256": export.manifest_sha256}
    small = _small_files(export.miniature, export.format, {"export": more})
    name = f"{export.miniature.slug}-{export.format}.zip"
    return _zipped(name, export.miniature, export.storage_prefix, export.files, small)


def answer(request: HttpRequest | Request, download: Download) -> HttpResponseBase:
    """Send a download, or what `early_answer` does; reading runs in threads: no slow client holds the event loop."""
    headers = {"ETag": f'"{download.etag}"', **ASK_AGAIN}
    if early := conditions.early_answer(request, headers):
        return early
    headers["Content-Disposition"] = f'attachment; filename="{download.name}"'
    return StreamingHttpResponse(_sent(download.blocks), content_type=download.media_type, headers=headers)


def readme(miniature: Miniature, export: str = "") -> str:
    """Return the card as README for weights in the format of an export; empty for those that the run left."""
    return card_files(miniature, export).get(README, b"").decode()


def manifest(miniature: Miniature, parts: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the manifest: lineage, recipe, outcome of the run, and the hash of each file of weights and of each part.

    Args:
        parts: The small files beside its weights, by path.
    """
    return {
        "format": FORMAT,
        "name": miniature.name,
        "slug": miniature.slug,
        "method": miniature.method,
        "created_at": miniature.created_at.isoformat(),
        "lineage": lineage.miniature_lineage(miniature),
        "recipe": miniature.run.recipe,
        "template": run_inputs.template_settings(miniature.run),
        "summary": miniature.summary,
        "task": miniature.run.taught.canonical(),
        "files": miniature.files,
        "manifest_sha256": miniature.manifest_sha256,
        "parts": [
            {"path": path, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
            for path, content in parts.items()
        ],
    }


class _Sink(io.RawIOBase):
    """Sink of zipfile; `take` hands over what has come since. It cannot be sought, so sizes follow the data."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Buffer) -> int:
        block = bytes(data)
        self._parts.append(block)
        return len(block)

    def take(self) -> bytes:
        taken, self._parts = b"".join(self._parts), []
        return taken


async def _sent(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (block := await asyncio.to_thread(next, parts, None)) is not None:
        yield block


def _small_files(miniature: Miniature, export: str, more: Mapping[str, Any]) -> dict[str, bytes]:
    parts = card_files(miniature, export)
    text = json.dumps({**manifest(miniature, parts), **more}, ensure_ascii=False, indent=1)
    return {MANIFEST: text.encode(), **parts}


def _zipped(
    name: str, miniature: Miniature, prefix: str, files: list[dict[str, Any]], small: Mapping[str, bytes]
) -> Download:
    # The manifest holds the hash of each other file, so its own hash changes with the card, not with weights alone.
    etag = hashlib.sha256(small[MANIFEST]).hexdigest()
    return Download(name, "application/zip", etag, _zip(miniature, prefix, files, small))


def _read(name: str) -> Iterator[bytes]:
    with default_storage.open(name, "rb") as source:
        while block := source.read(BLOCK_BYTES):
            yield block


def _zip(miniature: Miniature, prefix: str, files: list[dict[str, Any]], small: Mapping[str, bytes]) -> Iterator[bytes]:
    sink = _Sink()
    # Weights do not shrink: stored, not deflated.
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for path, content in small.items():
            archive.writestr(_entry(miniature, path), content)
        yield sink.take()
        for file in files:
            name = f"{prefix}/{file['path']}"
            with (
                default_storage.open(name, "rb") as source,
                archive.open(_entry(miniature, file["path"]), "w", force_zip64=True) as entry,
            ):
                while block := source.read(BLOCK_BYTES):
                    entry.write(block)
                    yield sink.take()
    yield sink.take()


def _entry(miniature: Miniature, name: str) -> zipfile.ZipInfo:
    """Date an entry by the miniature, so that the same miniature gives the same bytes."""
    at = miniature.created_at
    return zipfile.ZipInfo(f"{miniature.slug}/{name}", (at.year, at.month, at.day, at.hour, at.minute, at.second))
