"""The command that hands out or erases a person: a file for its owner alone, and a question before an erasure."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from audit.models import AuditRow
from campaigns.models import Contact
from tests.campaigns.services.held_person import ADA, Held

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_the_command_writes_the_file_for_its_owner_alone_and_erases(held: Held, tmp_path: Path) -> None:
    out, said = tmp_path / "ada.json", StringIO()

    call_command("person", "export", ADA, out=out, stdout=said)
    call_command("person", "erase", ADA, "--yes", stdout=said)
    shown = StringIO()
    call_command("person", "export", ADA, stdout=shown)

    assert json.loads(out.read_text())["contacts"][0]["address"] == ADA
    assert out.stat().st_mode & 0o077 == 0
    assert "Erased: 1 contact, 1 mail, 1 reply, 1 record, 1 draft, 1 decision; 1 dataset version" in said.getvalue()
    assert json.loads(shown.getvalue())["suppression"]["reason"] == "Requested erasure"
    with pytest.raises(CommandError, match="not a mail address"):
        call_command("person", "erase", "nonsense", "--yes")


def test_a_file_that_cannot_be_written_hands_out_nothing(held: Held, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("person", "export", ADA, out=tmp_path / "nowhere" / "ada.json")

    assert not AuditRow.objects.filter(act="person_exported").exists()


def test_a_file_that_all_could_read_is_its_owners_before_it_is_written(held: Held, tmp_path: Path) -> None:
    out = tmp_path / "ada.json"
    out.write_text("x" * 100_000)
    out.chmod(0o644)

    with pytest.raises(CommandError, match="not a mail address"):
        call_command("person", "export", "nonsense", out=out)
    kept = out.read_text()
    call_command("person", "export", ADA, out=out, stdout=StringIO())

    assert kept == "x" * 100_000
    assert json.loads(out.read_text())["contacts"][0]["address"] == ADA
    assert out.stat().st_mode & 0o077 == 0


def test_the_command_asks_before_it_erases(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda words: "somebody@else.example")

    with pytest.raises(CommandError, match="nothing was erased"):
        call_command("person", "erase", ADA)

    assert Contact.objects.get(pk=held.contact.pk).address == ADA


def test_an_erasure_that_nobody_can_confirm_erases_nothing_and_names_the_way(
    held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO(""))

    with pytest.raises(CommandError, match="Without a terminal, --yes erases unasked"):
        call_command("person", "erase", ADA)

    assert Contact.objects.get(pk=held.contact.pk).address == ADA
