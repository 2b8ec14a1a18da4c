"""Files in a folder are stored whole or not at all; a full disk is told as one refusal wherever it is met."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import psycopg
import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError

from tests.full_disks import room_for
from web.disk import full_disk
from web.disk.whole_files import WholeFileSystemStorage
from web.errors import Refusal


@pytest.fixture
def storage(tmp_path: Path) -> WholeFileSystemStorage:
    return WholeFileSystemStorage(location=tmp_path)


def test_a_file_that_does_not_fit_is_refused_and_gone(storage: WholeFileSystemStorage) -> None:
    storage.save("datasets/whole", ContentFile(bytes(5_000)))

    with room_for(10_000), pytest.raises(Refusal) as refused:
        storage.save("datasets/large", ContentFile(bytes(200_000)))

    assert (refused.value.code, refused.value.status) == ("no_space", 507)
    assert storage.location in refused.value.message
    assert storage.listdir("datasets") == ([], ["whole"])


def test_a_file_that_another_stored_whole_meanwhile_is_left_alone(
    storage: WholeFileSystemStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = ContentFile(b"theirs")

    def taken() -> None:
        Path(storage.path("file")).write_bytes(b"theirs")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(content, "chunks", taken)
    with pytest.raises(Refusal):
        storage.save("file", content)

    assert Path(storage.path("file")).read_bytes() == b"theirs"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "x"),
        OSError(errno.EDQUOT, "x"),
        RuntimeError("I/O error: No space left on device (os error 28)"),
        # A copy's: of the database's own disk Django's connection tells.
        sqlite3.OperationalError("database or disk is full"),
    ],
)
def test_each_form_of_a_full_disk_becomes_the_same_refusal(error: Exception) -> None:
    with pytest.raises(Refusal) as refused, full_disk.refused("a file was written", "/here", hint="Do this."):
        raise error

    assert refused.value.code == "no_space"
    assert refused.value.message == "The disk of '/here' filled up while a file was written."
    assert refused.value.hint == "Do this."


@pytest.mark.parametrize(
    "error",
    [
        OperationalError("database or disk is full"),
        OperationalError('could not write to file "base/pgsql_tmp/pgsql_tmp42.0": No space left on device'),
        psycopg.errors.DiskFull("kein Platz"),
    ],
)
def test_a_full_database_is_not_taken_for_the_disk_of_the_file(error: Exception) -> None:
    with pytest.raises(Refusal) as refused, full_disk.refused("a file was written", "/here"):
        raise error

    assert refused.value.message == "The disk of 'the database' filled up while a file was written."


def test_the_innermost_place_is_the_one_that_is_named() -> None:
    outer, inner = full_disk.refused("all was done", "/outer"), full_disk.refused("a part was done", "/inner")

    with pytest.raises(Refusal, match="inner"), outer, inner:
        raise OSError(errno.ENOSPC, "x")


def test_other_errors_pass() -> None:
    with pytest.raises(PermissionError), full_disk.refused("a file was written", "/here"):
        raise PermissionError(errno.EACCES, "x")
