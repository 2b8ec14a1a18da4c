"""A backup brings everything back, and a broken one touches nothing."""

from __future__ import annotations

import json
import shutil
import tarfile
from dataclasses import asdict
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from jobs.models import BackupTrial
from miniatures_site.backup import create, manifest, restore, trial
from tests.miniatures_site.backup.houses import facts, trials
from web.errors import Refusal

# Each command is a process of its own; on a busy machine that takes its time.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def packed(lived_in, tmp_path_factory) -> Path:
    """A backup in one file, verified when it was made."""
    packed = tmp_path_factory.mktemp("packed") / "today.tar.gz"
    assert "is verified" in lived_in.run("backup", str(packed), "--without-runs")
    return packed


def test_the_manifest_tells_tables_versions_and_hashes(backup):
    told = json.loads((backup / "manifest.json").read_text())

    assert told["vendor"] == connection.vendor
    assert told["tables"]["review_decision"] == 12
    assert told["tables"]["members_member"] == 1
    assert told["migrations"]["review"][0] == "0001_release_tables"
    assert any(path.startswith("artefacts/datasets/") for path in told["files"])
    assert all(len(piece["sha256"]) == 64 for piece in told["files"].values())


def test_no_key_of_the_installation_is_inside(backup):
    from django.conf import settings

    key = settings.SECRET_KEY.encode()

    assert not any(key in path.read_bytes() for path in backup.rglob("*") if path.is_file())


@pytest.mark.parametrize(("address_key", "is_known"), [("of the list", True), ("", False)])
def test_a_backup_made_under_an_earlier_key_is_of_this_installation_unless_the_list_hangs_on_it(
    settings, address_key, is_known
):
    settings.SECRET_KEY, settings.ADDRESS_HMAC_KEY = "earlier " * 9, address_key
    [made_under] = create.key_ids()

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "present " * 9, [settings.SECRET_KEY]

    assert (made_under in create.key_ids()) == is_known
    assert create.key_ids()[0] != made_under


@pytest.mark.slow
def test_a_packed_backup_comes_back_into_object_storage(lived, packed, build, bucket):
    new = build("from-tar")
    new.storage = bucket

    new.run("restore", str(packed))

    assert facts(new) == lived
    assert not (new.var / "artefacts").exists()
    assert not list(packed.parent.glob(".*"))
    assert not list(new.var.glob("*restoring*"))


@pytest.mark.slow
def test_what_fails_when_all_is_in_place_is_taken_back(lived_in, lived, backup, tmp_path):
    doctored = tmp_path / "doctored"
    shutil.copytree(backup, doctored)
    told = json.loads((doctored / "manifest.json").read_text())
    told["golds"] = "0" * 64
    (doctored / "manifest.json").write_text(json.dumps(told))
    (lived_in.var / "artefacts" / "mine.txt").write_text("mine")

    said = lived_in.run("restore", str(doctored), "--force", fails=True)

    assert "other golds" in said
    assert "the installation is as it was" in said
    assert facts(lived_in) == lived
    assert (lived_in.var / "artefacts" / "mine.txt").read_text() == "mine"
    assert not [path.name for path in lived_in.var.iterdir() if "restoring" in path.name or "before" in path.name]
    (lived_in.var / "artefacts" / "mine.txt").unlink()


@pytest.mark.slow
def test_an_installation_with_members_is_not_written_over(lived_in, lived, backup):
    said = lived_in.run("restore", str(backup), fails=True)

    assert "--force" in said
    assert facts(lived_in) == lived


@pytest.mark.slow
def test_with_force_the_earlier_installation_is_renamed_aside(lived, empty, backup, build):
    other = build("other", like=empty.database)
    other.python("from members.models import Member; Member.objects.create(username='eve')")
    (other.var / "artefacts").mkdir(exist_ok=True)
    (other.var / "artefacts" / "mine.txt").write_text("mine")

    said = other.run("restore", str(backup), "--force")

    assert facts(other) == lived
    kept = [Path(line.split(": ")[1]) for line in said.splitlines() if line.startswith("What was here before: /")]
    assert any((place / "mine.txt").exists() for place in kept if place.is_dir())
    if connection.vendor == "postgresql":
        assert "schema before_" in said
    else:
        assert any(place.name.startswith("db.sqlite3.before-") for place in kept)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        ("changed", "is not what"), ("cut", "is not what"), ("missing", "lacks the file"),
        ("added", "is not of this backup"), ("no manifest", "no readable"),
    ],
)  # fmt: skip
def test_a_broken_backup_is_refused_by_the_file_that_is_wrong(admin, backup, tmp_path, spoil, words):
    broken = tmp_path / "broken"
    shutil.copytree(backup, broken)
    victim = next(path for path in sorted(broken.rglob("*")) if path.is_file() and "datasets" in str(path))
    match spoil:
        case "changed":
            victim.write_bytes(b"x" + victim.read_bytes()[1:])
        case "cut":
            victim.write_bytes(victim.read_bytes()[:-1])
        case "missing":
            victim.unlink()
        case "added":
            (broken / "artefacts" / "more.txt").write_text("x")
        case _:
            (broken / "manifest.json").unlink()

    with pytest.raises(Refusal, match=words):
        restore.restore(broken)


@pytest.mark.slow
def test_half_a_tar_file_touches_nothing(packed, build, tmp_path):
    half, house = tmp_path / "today.tar.gz", build("half")
    half.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])

    assert "cannot be opened as a backup" in house.run("restore", str(half), fails=True)
    assert not (house.var / "artefacts").exists()


@pytest.mark.parametrize("content", [b"", b"no archive at all\n" * 100])
def test_a_file_that_is_no_archive_is_refused_in_one_sentence(content, tmp_path, settings):
    settings.VAR_DIR = tmp_path / "var"
    (tmp_path / "today.tar").write_bytes(content)

    with pytest.raises(Refusal, match=r"today.tar' cannot be opened as a backup: it is not a tar file\.$"):
        restore.restore(tmp_path / "today.tar")


@pytest.mark.parametrize("name", ["../../climbed", "/climbed", "backup/link"])
def test_a_tar_file_that_climbs_out_of_its_folder_is_refused(admin, tmp_path, settings, name):
    settings.VAR_DIR = tmp_path / "deep" / "var"
    evil = tmp_path / "evil.tar"
    member = tarfile.TarInfo(name)
    if name.endswith("link"):
        member.type, member.linkname = tarfile.SYMTYPE, "../../../climbed"
    with tarfile.open(evil, "w") as tar:
        tar.addfile(member)

    with pytest.raises(Refusal, match="cannot be opened as a backup"):
        restore.restore(evil)

    assert not list(tmp_path.rglob("climbed"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda told: told["migrations"]["review"].append("9999_from_the_future"), "9999_from_the_future"),
        (lambda told: told.update(vendor="oracle"), "oracle"),
        (lambda told: told.update(format=2), "does not read"),
    ],
    ids=["newer", "other database", "other form"],
)
def test_a_backup_that_does_not_fit_is_refused(admin, backup, tmp_path, change, words):
    other = tmp_path / "other"
    shutil.copytree(backup, other)
    told = json.loads((other / "manifest.json").read_text())
    change(told)
    (other / "manifest.json").write_text(json.dumps(told))

    with pytest.raises(Refusal, match=words):
        restore.restore(other)


def test_a_place_that_is_taken_is_not_written_to(db, backup):
    before = sorted(path.name for path in backup.iterdir())

    with pytest.raises(Refusal, match="already"):
        create.create_backup(backup)

    assert sorted(path.name for path in backup.iterdir()) == before


@pytest.mark.slow
def test_a_backup_counts_as_verified_once_it_came_back_in_scratch_places(lived_in, lived, packed):
    tried = [line for line in trials(lived_in) if line.startswith("TRIAL today.tar.gz")]

    assert tried == [f"TRIAL today.tar.gz {packed.stat().st_size} True True "]
    assert facts(lived_in) == lived
    assert not list(lived_in.var.glob(".trial-*"))
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [f"{lived_in.database}_trial_%"])
            assert cursor.fetchall() == []


@pytest.mark.slow
def test_a_backup_whose_file_is_not_what_its_row_says_is_not_verified(lived_in, backup, tmp_path):
    doctored = tmp_path / "doctored"
    shutil.copytree(backup, doctored)
    told = json.loads((doctored / "manifest.json").read_text())
    for path in [path for path in told["files"] if path.startswith("artefacts/datasets/")]:
        (doctored / path).write_bytes(b"other rows")
        told["files"][path] = asdict(manifest.measure(doctored / path))
    (doctored / "manifest.json").write_text(json.dumps(told))

    said = lived_in.run("verify_backup", str(doctored), fails=True)

    assert "NOT verified" in said
    assert "is not what its row says" in said
    tried = next(line for line in trials(lived_in) if line.startswith("TRIAL doctored"))
    assert "True False The file 'datasets/" in tried


@pytest.mark.slow
def test_trials_are_recorded_with_their_problem_and_only_the_newest_are_kept(db, tmp_path, settings, monkeypatch):
    monkeypatch.setattr(trial, "KEPT_TRIALS", 2)
    settings.VAR_DIR = tmp_path / "var"
    broken = tmp_path / "broken.tar"
    broken.write_bytes(b"no backup")

    rows = [trial.verify_backup(broken) for _ in range(3)]

    assert all("cannot be opened as a backup" in row.problem and row.verified_at is None for row in rows)
    assert [row.pk for row in BackupTrial.objects.all()] == [rows[2].pk, rows[1].pk]
    assert list(settings.VAR_DIR.iterdir()) == []


@pytest.mark.django_db
def test_a_mistyped_name_is_no_backup_that_failed(tmp_path):
    with pytest.raises(CommandError, match="There is nothing at"):
        call_command("verify_backup", tmp_path / "mistyped.tar")

    assert not BackupTrial.objects.exists()
