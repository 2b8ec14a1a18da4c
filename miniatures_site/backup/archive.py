"""A backup as a folder or as one tar file, made and opened without ever showing a half of it."""

from __future__ import annotations

import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import zstandard

from web.disk import full_disk
from web.errors import Refusal

# Weights and the packed dump gain nothing by a stronger packing, and wait for it.
PACKED: dict[str, Any] = {"mode": "w:gz", "compresslevel": 1}
SUFFIXES: dict[str, dict[str, Any]] = {".tar": {"mode": "w"}, ".tgz": PACKED, ".gz": PACKED}
# Rows of a portable backup repeat ids that stand far apart: a window of 128 MiB sees both.
ZST, ZST_LEVEL, SMALLEST_LEVEL, ZST_WINDOW = ".zst", 12, 22, 27


@contextmanager
def new_archive(target: Path) -> Iterator[Path]:
    """A folder to fill.

    When the block ends well it becomes `target` by a rename, packed if that ends in .tar, .tar.gz or .tar.zst.

    Raises:
        Refusal: There is something at `target` already, nothing can be written there, or its disk fills up; then
            nothing of it is left there.
    """
    hint = "Free some room there or name a place on another disk; earlier backups are untouched."
    with full_disk.refused("the backup was written", target.parent, hint=hint), _folder_beside(target) as part:
        folder = Path(part) / "backup"
        folder.mkdir(mode=0o700)
        yield folder
        packed = Path(part) / "packed"
        if target.suffix == ZST or target.suffix in SUFFIXES:
            with _new_tar(packed, target.suffix) as tar:
                tar.add(folder, arcname="backup", filter=_without_host)
            packed.chmod(0o600)
            packed.rename(target)
        else:
            folder.rename(target)


def _folder_beside(target: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        if target.exists():
            message = f"There is something at '{target}' already."
            raise Refusal("target_exists", message, hint="Name a place that is free.")
        target.parent.mkdir(parents=True, exist_ok=True)
        return tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.part-")
    except OSError as error:
        if full_disk.is_full(error):
            raise
        message = f"Nothing can be written to '{target.parent}': {error.strerror}."
        raise Refusal("no_place", message, hint="Name another folder, or give that one to this account.") from error


@contextmanager
def unpacked(source: Path, *, near: Path) -> Iterator[Path]:
    """The folder of a backup, unpacked beside `near` if it is packed, and gone again after the block.

    Raises:
        Refusal: It is neither a folder nor a tar file, it would write outside its own folder, or the disk fills up.
    """
    if source.is_dir():
        yield source
        return
    near.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=near, prefix=".restoring-") as part:
        try:
            with _opened_tar(source) as tar:
                for member in _harmless(tar, Path(part).resolve()):
                    tar.extract(member, part)
        except (OSError, EOFError, tarfile.TarError, zstandard.ZstdError) as error:
            shutil.rmtree(part, ignore_errors=True)
            if full_disk.is_full(error):
                raise full_disk.refusal(f"'{source}' was unpacked", near) from None
            # One that fits no packing lists a reason for each, line by line.
            why = "it is not a tar file" if "\n" in str(error) else error
            raise Refusal("backup_broken", f"'{source}' cannot be opened as a backup: {why}.") from None
        yield Path(part) / "backup"


@contextmanager
def _new_tar(target: Path, suffix: str) -> Iterator[tarfile.TarFile]:
    if suffix != ZST:
        with tarfile.open(target, **SUFFIXES[suffix]) as tar:
            yield tar
        return
    how = zstandard.ZstdCompressionParameters.from_level(ZST_LEVEL, window_log=ZST_WINDOW)
    packer = zstandard.ZstdCompressor(compression_params=how)
    with target.open("wb") as out, packer.stream_writer(out) as stream, _streamed(stream, "w|") as tar:
        yield tar


def smallest(packed: bytes) -> bytes:
    """Pack a `.tar.zst` anew as small as it gets; it takes minutes where writing takes seconds."""
    plain = zstandard.ZstdDecompressor(max_window_size=2**ZST_WINDOW).stream_reader(packed).read()
    how = zstandard.ZstdCompressionParameters.from_level(SMALLEST_LEVEL, window_log=ZST_WINDOW)
    return zstandard.ZstdCompressor(compression_params=how).compress(plain)


@contextmanager
def _opened_tar(source: Path) -> Iterator[tarfile.TarFile]:
    if source.suffix != ZST:
        with tarfile.open(source) as tar:
            yield tar
        return
    opener = zstandard.ZstdDecompressor(max_window_size=2**ZST_WINDOW)
    with source.open("rb") as packed, opener.stream_reader(packed) as stream, _streamed(stream, "r|") as tar:
        yield tar


def _streamed(stream: Any, mode: Any) -> tarfile.TarFile:
    opened: IO[bytes] = stream
    return tarfile.open(fileobj=opened, mode=mode)


def _without_host(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """Leave out who made the backup, and when: the manifest tells the time, and equal files give equal archives."""
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    return member


def _harmless(tar: tarfile.TarFile, folder: Path) -> Iterator[tarfile.TarInfo]:
    """Members as a backup has them, checked here: Pythons before 3.11.4 have no filter of their own, and take anything.

    Raises:
        tarfile.TarError: One is neither file nor folder, or would lie outside the folder.
    """
    # Older Pythons do not read this.
    tar.extraction_filter = getattr(tarfile, "data_filter", None)
    for member in tar:
        if not (member.isreg() or member.isdir()) or not (folder / member.name).resolve().is_relative_to(folder):
            raise tarfile.TarError(f"'{member.name}' is not a file or folder inside it")
        yield member
