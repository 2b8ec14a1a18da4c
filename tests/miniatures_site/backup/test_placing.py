"""Artefacts back in a folder or in object storage: probed first, taken back on demand, nothing written over."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from miniatures_site.backup import archive, file_swap, files, manifest, restore_checks
from miniatures_site.backup.manifest import Manifest
from miniatures_site.backup.rollback import Rollback
from miniatures_site.settings.stores import storage
from tests.full_disks import room_for
from web.disk import full_disk
from web.disk.stored_names import stored_names
from web.errors import Refusal

STAMP = "20261120T101112"
CONTENTS = {"artefacts/datasets/a.jsonl": b"{}\n" * 9, "artefacts/odd names/ä b.bin": bytes(range(256))}


@pytest.fixture
def here(settings, tmp_path) -> Path:
    """This installation's folder, with an artefact of its own."""
    settings.VAR_DIR = tmp_path / "var"
    settings.RUNS_DIR = settings.VAR_DIR / "runs"
    settings.STORAGES = {**settings.STORAGES, "default": storage("", settings.VAR_DIR / "artefacts")}
    default_storage.save("mine.txt", ContentFile(b"mine"))
    return settings.VAR_DIR


@pytest.fixture
def on_s3(settings, bucket, here) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": storage(bucket, here)}


@pytest.fixture
def unpacked(tmp_path) -> tuple[Path, Manifest]:
    """A verified backup's folder, without a database, and its manifest."""
    folder = tmp_path / "backup"
    for name, content in CONTENTS.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    told = Manifest("", "", "", {}, {}, "", "", files={name: manifest.measure(folder / name) for name in CONTENTS})
    return folder, told


def place(unpacked, undo: Rollback) -> list[str]:
    folder, told = unpacked
    file_swap.require_writable(folder, told)
    return file_swap.swap_in(file_swap.stage(folder, told, stamp=STAMP, undo=undo), stamp=STAMP, undo=undo)


def stored() -> dict[str, bytes]:
    return {name: default_storage.open(name).read() for name in stored_names(default_storage)}


RESTORED = {name.removeprefix("artefacts/"): content for name, content in CONTENTS.items()}


def test_a_run_that_is_cleared_away_while_a_backup_lists_it_is_left_out(here, tmp_path, settings, monkeypatch):
    cleared, kept = settings.RUNS_DIR / "job-1" / "1", settings.RUNS_DIR / "job-2" / "1"
    for folder in (cleared, kept):
        folder.mkdir(parents=True)
        (folder / "events.jsonl").write_text("{}")
    scandir = os.scandir

    def scandir_too_late(path):
        if Path(path) == cleared:
            (cleared / "events.jsonl").unlink(missing_ok=True)
            cleared.rmdir()
        return scandir(path)

    monkeypatch.setattr(os, "scandir", scandir_too_late)

    entries = files.copy_artefacts(tmp_path / "backup", without_runs=False)

    assert set(entries) == {"artefacts/mine.txt", "runs/job-2/1/events.jsonl"}


@pytest.mark.slow
def test_object_storage_gets_every_artefact_under_its_own_name(on_s3, unpacked, here):
    asides = place(unpacked, Rollback())

    assert stored() == RESTORED
    assert asides == []
    assert sorted(path.name for path in here.iterdir()) == ["artefacts"]


@pytest.mark.slow
def test_object_storage_is_as_it_was_after_a_failure(on_s3, unpacked):
    default_storage.save("mine.txt", ContentFile(b"kept"))
    default_storage.save("datasets/a.jsonl", ContentFile(CONTENTS["artefacts/datasets/a.jsonl"]))
    before, undo = stored(), Rollback()
    place(unpacked, undo)

    assert undo.run() == []

    assert stored() == before


@pytest.mark.slow
def test_another_file_under_the_same_name_is_never_written_over(on_s3, unpacked):
    default_storage.save("datasets/a.jsonl", ContentFile(b"another"))

    with pytest.raises(Refusal, match=r"another file under the name 'datasets/a.jsonl'"):
        file_swap.require_writable(*unpacked)

    assert stored() == {"datasets/a.jsonl": b"another"}


@pytest.mark.slow
def test_object_storage_that_does_not_answer_is_told_before_anything_is_touched(settings, bucket, here, unpacked):
    settings.STORAGES = {**settings.STORAGES, "default": storage(bucket.replace("//artefacts", "//absent"), here)}

    with pytest.raises(Refusal, match="cannot be written and read") as refusal:
        file_swap.require_writable(*unpacked)

    assert "STORAGE_URL" in refusal.value.hint


def test_a_folder_is_renamed_aside_and_back(here, unpacked):
    undo = Rollback()

    asides = place(unpacked, undo)

    assert stored() == RESTORED
    assert (Path(asides[0]) / "mine.txt").read_bytes() == b"mine"
    assert undo.run() == []
    assert stored() == {"mine.txt": b"mine"}
    assert sorted(path.name for path in here.iterdir()) == ["artefacts"]


@pytest.mark.parametrize("leads_to", ["what is stored", "nothing", "nowhere"])
def test_a_link_to_another_disk_is_renamed_aside_and_back(here, unpacked, tmp_path, leads_to):
    artefacts, other_disk = here / "artefacts", tmp_path / "other-disk"
    artefacts.rename(other_disk)
    artefacts.symlink_to(other_disk if leads_to != "nowhere" else tmp_path / "unmounted")
    if leads_to == "nothing":
        (other_disk / "mine.txt").unlink()
    before = artefacts.readlink()
    undo = Rollback()

    asides = place(unpacked, undo)

    assert (stored(), artefacts.is_symlink()) == (RESTORED, False)
    assert Path(asides[0]).readlink() == before
    assert undo.run() == []
    assert artefacts.readlink() == before
    assert [path.name for path in here.iterdir()] == ["artefacts"]


def test_what_was_only_laid_ready_is_gone_after_a_failure(here, unpacked):
    undo = Rollback()
    file_swap.stage(*unpacked, stamp=STAMP, undo=undo)

    assert undo.run() == []

    assert stored() == {"mine.txt": b"mine"}
    assert sorted(path.name for path in here.iterdir()) == ["artefacts"]


def test_a_disk_without_room_for_both_is_refused(here, unpacked, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**6))

    with pytest.raises(Refusal, match="1 MB free"):
        restore_checks._require_space(*unpacked)


def test_a_step_back_that_fails_is_named_and_keeps_no_other_from_being_taken():
    undo, taken = Rollback(), []
    undo.add("the first", lambda: taken.append(1))
    undo.add("the second", lambda: 1 / 0)
    undo.add("the third", lambda: taken.append(3))

    assert undo.run() == ["the second"]
    assert taken == [3, 1]


def fill_archive(target: Path) -> None:
    """Make a backup of pieces of 20 kB, 80 kB in all."""
    with archive.new_archive(target) as folder:
        for number in range(4):
            (folder / str(number)).write_bytes(os.urandom(20_000))


@pytest.mark.parametrize("packed", ["today.tar", "today.tar.gz"])
def test_a_disk_that_fills_up_while_a_backup_is_packed_leaves_nothing_of_it_and_the_former(tmp_path, packed):
    former = tmp_path / "former.tar"
    former.write_bytes(b"whole")

    with room_for(50_000), pytest.raises(Refusal) as refused:
        fill_archive(tmp_path / packed)

    assert refused.value.code == "no_space"
    assert str(tmp_path) in refused.value.message
    assert "earlier backups are untouched" in refused.value.hint
    assert [path.name for path in tmp_path.iterdir()] == [former.name]


@pytest.mark.parametrize("place", ["file/today.tar", "file/below/today"])
def test_a_place_where_nothing_can_be_written_is_told_as_that(tmp_path, place):
    (tmp_path / "file").touch()

    with pytest.raises(Refusal, match="Nothing can be written to") as refused:
        fill_archive(tmp_path / place)

    assert refused.value.code == "no_place"


def test_a_disk_that_fills_up_while_a_backup_is_unpacked_says_where_and_what_to_do(tmp_path):
    packed, near = tmp_path / "today.tar", tmp_path / "var"
    with archive.new_archive(packed) as folder:
        (folder / "large").write_bytes(bytes(20_000))

    with room_for(10_000), pytest.raises(Refusal) as refused, archive.unpacked(packed, near=near):
        pass

    assert refused.value.code == "no_space"
    assert str(near) in refused.value.message
    assert refused.value.hint
    assert list(near.iterdir()) == []


def test_a_dump_that_a_full_disk_cut_off_is_told_as_that_and_not_as_a_fault_of_its_program(tmp_path):
    said = "pg_dump did not do it: pg_dump: error: could not write to output file: No space left on device"

    with pytest.raises(Refusal) as refused, archive.new_archive(tmp_path / "today"):
        raise Refusal("pg_tools_failed", said)

    assert refused.value.code == "no_space"
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_fills_up_while_a_backup_is_put_in_place_takes_all_back(here, tmp_path, settings):
    folder = tmp_path / "backup"
    (folder / "artefacts").mkdir(parents=True)
    (folder / "artefacts" / "large").write_bytes(bytes(20_000))
    told = Manifest("", "", "", {}, {}, "", "", files={"artefacts/large": manifest.measure(folder / "artefacts/large")})
    undo = Rollback()

    with room_for(10_000), pytest.raises(Exception) as failed:
        file_swap.stage(folder, told, stamp=STAMP, undo=undo)
    left = undo.run()

    assert full_disk.is_full(failed.value)
    assert (left, stored()) == ([], {"mine.txt": b"mine"})
    assert not list(here.glob("*restoring*"))
