"""A snapshot is packed as small as it gets, and one that is too large takes the place of none."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from miniatures_site.backup import archive
from miniatures_site.demo_snapshot import snapshot
from miniatures_site.management.commands import demo_snapshot

TEXT = "a row of the demo\n" * 1000


@pytest.fixture
def loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The scratch installation's backup is there at once."""

    def run_in(self: demo_snapshot.Command, var: Path, snapshot_file: Path) -> None:
        with archive.new_archive(snapshot_file) as folder:
            (folder / "rows").write_text(TEXT)

    monkeypatch.setattr(demo_snapshot.Command, "run_in", run_in)


@pytest.mark.parametrize("name", ["s.tar.zst", "s.tar"])
def test_what_is_packed_unpacks_alike(loaded: None, tmp_path: Path, name: str) -> None:
    call_command("demo_snapshot", str(tmp_path / name))

    with archive.unpacked(tmp_path / name, near=tmp_path) as folder:
        assert (folder / "rows").read_text() == TEXT
    assert ((tmp_path / name).stat().st_size < 1000) == name.endswith(".zst")


def test_one_that_is_too_large_is_refused_and_the_other_stays(
    loaded: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "LARGEST_BYTES", 10)
    (tmp_path / "s.tar.zst").write_text("as shipped")

    with pytest.raises(CommandError, match="at most 10 are shipped"):
        call_command("demo_snapshot", str(tmp_path / "s.tar.zst"))

    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("s.tar.zst", "as shipped")]
