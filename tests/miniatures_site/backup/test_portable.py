"""A portable backup comes back whole, also into tables of an earlier version; restoring changes rows on their way."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from miniatures_site.backup import archive, portable
from tests.miniatures_site.backup.houses import facts, schema

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(1200)]


@pytest.fixture(scope="module")
def carried(lived_in, tmp_path_factory) -> Path:
    packed = tmp_path_factory.mktemp("portable") / "today.tar.zst"
    lived_in.run("backup", str(packed), "--portable", "--no-verify")
    return packed


def test_it_names_no_kind_of_database_and_holds_rows_as_text(carried, tmp_path):
    with archive.unpacked(carried, near=tmp_path) as folder:
        told = json.loads((folder / "manifest.json").read_text())
        tables = {table.table: len(list(rows)) for table, rows in portable.read(folder / portable.FILE)}

    assert told["vendor"] == "any"
    assert tables == told["tables"]
    assert not portable.LEFT_OUT & set(tables)


@pytest.mark.slow
def test_everything_comes_back_and_new_rows_get_new_ids(lived, lived_in, carried, build):
    new = build("carried")

    new.run("restore", str(carried))

    assert facts(new) == lived
    assert schema(new) == schema(lived_in)
    assert "hold" in new.run("verify_audit")
    new.python("from audit import trail; trail.record('invited', by=None)")
    assert "no changes" in new.run("makemigrations", "--check", "--dry-run").lower()


@pytest.mark.slow
def test_rows_of_an_earlier_version_go_into_its_tables_and_are_migrated(lived, lived_in, carried, build, tmp_path):
    earlier = tmp_path / "earlier"
    with archive.unpacked(carried, near=tmp_path) as folder:
        shutil.copytree(folder, earlier)
    told = json.loads((earlier / "manifest.json").read_text())
    told["migrations"]["mfa"].remove("0003_authenticator_type_uniq")
    (earlier / "manifest.json").write_text(json.dumps(told))
    new = build("earlier")

    new.run("restore", str(earlier))

    assert facts(new) == lived
    assert schema(new) == schema(lived_in)
    assert "[X] 0003_authenticator_type_uniq" in new.run("showmigrations", "mfa")


@pytest.mark.slow
def test_a_backup_of_a_later_version_touches_nothing(carried, build, tmp_path):
    later = tmp_path / "later"
    with archive.unpacked(carried, near=tmp_path) as folder:
        shutil.copytree(folder, later)
    told = json.loads((later / "manifest.json").read_text())
    told["migrations"]["review"].append("9999_unknown")
    (later / "manifest.json").write_text(json.dumps(told))
    new = build("later")

    assert "does not" in new.run("restore", str(later), fails=True)
    assert not (new.var / "artefacts").exists()


@pytest.mark.slow
def test_rows_without_their_table_are_refused_and_nothing_stays(carried, build, tmp_path):
    earlier = tmp_path / "earlier"
    with archive.unpacked(carried, near=tmp_path) as folder:
        shutil.copytree(folder, earlier)
    told = json.loads((earlier / "manifest.json").read_text())
    del told["migrations"]["mfa"]
    (earlier / "manifest.json").write_text(json.dumps(told))
    new = build("lacking")

    said = new.run("restore", str(earlier), fails=True)

    assert "There is no table mfa_authenticator here" in said
    assert "the installation is as it was" in said
