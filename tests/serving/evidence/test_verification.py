"""An evidence file is verified without a database, and whatever was done to it is named."""

from __future__ import annotations

import hashlib
import json
import random
import stat
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from serving.evidence import layout, safe_zip
from serving.evidence.safe_zip import UnreadableZipError
from serving.evidence.verification import verify
from tests.serving.evidence.parts import AUDIT, DAY, REGISTRATION, changed, lines, parts, write

Parts = dict[str, bytes]
LEAVES = f"{layout.LEAVES_FOLDER}{DAY}.txt"
ROWS = f"{layout.ROWS_FOLDER}sft.train.jsonl"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write(tmp_path / "evidence.zip", parts())
    return tmp_path / "evidence.zip"


def rewritten(path: Path, change: Callable[[Parts], Parts]) -> Path:
    """The same zip with its manifest, and other bytes under it."""
    with zipfile.ZipFile(path) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in change(contents).items():
            archive.writestr(name, content)
    return path


def test_a_whole_file_holds(path: Path) -> None:
    check = verify(path)

    assert (check.mismatches, check.notes) == ([], [])
    assert verify(path, digest=check.digest, known={DAY: AUDIT[0]["sha256"]}).mismatches == [
        f"The seal of {DAY} is another one than was written down."
    ]


def test_an_altered_byte_is_named_with_its_file(path: Path) -> None:
    rewritten(path, lambda own: {**own, ROWS: own[ROWS].replace(b"a", b"b")})

    mismatches = verify(path).mismatches

    assert mismatches[0].startswith(f"{ROWS} was changed: its SHA-256 is ")
    assert all(ROWS in each or layout.ROW_HASHES in each for each in mismatches)


def test_a_byte_altered_in_the_zip_itself_is_named_with_its_file(path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo(layout.AUDIT_ROWS)
    data = bytearray(path.read_bytes())
    # Behind the entry's own header: 30 bytes, its name, and 20 of zip64.
    data[entry.header_offset + 30 + len(layout.AUDIT_ROWS) + 20 + entry.compress_size // 2] ^= 0x10
    path.write_bytes(data)

    mismatches = verify(path).mismatches

    assert mismatches[0].startswith(f"{layout.AUDIT_ROWS} was changed: ")


def test_a_missing_and_an_added_file_are_named(path: Path) -> None:
    rewritten(path, lambda own: {"more.txt": b"x", **{k: v for k, v in own.items() if k != layout.DECISIONS}})

    assert verify(path).mismatches == [
        f"{layout.DECISIONS} is missing.",
        "more.txt was added: the manifest does not name it.",
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda own: {**own, layout.AUDIT_ROWS: lines(*reversed(AUDIT))}, "row 3 is out of order, after row 5"),
        (lambda own: {**own, layout.AUDIT_ROWS: lines(AUDIT[1])}, "line 1 does not say what row 3 says"),
        (lambda own: changed(own, layout.AUDIT_ROWS, actor="eve"), "Row 3 of the audit trail was changed"),
        (lambda own: {**own, LEAVES: b"".join(own[LEAVES].splitlines(keepends=True)[1:])}, "do not come to its digest"),
        (lambda own: {k: v for k, v in own.items() if k != LEAVES}, f"{LEAVES} is missing"),
        (lambda own: changed(own, layout.AUDIT_DAYS, previous="ff"), "does not follow the one before it"),
        (lambda own: {**own, layout.RIGHTS_HISTORY: b""}, "leaves out row 3 of the audit trail"),
        (lambda own: changed(own, layout.TASK_VERSIONS, body={}), "Task version 1 does not have its content hash"),
        (lambda own: changed(own, layout.REGISTRATIONS, text=REGISTRATION + " "), "experiment 'spring' does not have"),
        (lambda own: changed(own, layout.VERSION, content_hash="00"), "content hash is "),
        (lambda own: changed(own, layout.ROW_HASHES, sha256="00" * 32), "no row of the files has the hash"),
        (lambda own: {k: v for k, v in own.items() if k != layout.RUN}, f"{layout.RUN} is missing"),
        (lambda own: {**own, layout.AUDIT_ROWS: b"[1]\n"}, "line 1 is no JSON object"),
        (lambda own: {**own, layout.VERSION: b"[]"}, "not shaped as evidence is"),
        (lambda own: {**own, layout.VERSION: b"null"}, "not shaped as evidence is"),
        (lambda own: changed(own, layout.AUDIT_DAYS, day="9999-12-31"), "not shaped as evidence is"),
        (lambda own: changed(own, layout.AUDIT_ROWS, at="0001-01-01T00:00:00+05:00"), "not shaped as evidence is"),
        (lambda own: {**own, layout.REGISTRATIONS: b'{"text":"\\ud800"}\n'}, "line 1 is no JSON object"),
    ],
)
def test_what_a_new_manifest_covers_up_is_found_by_the_hashes_inside(
    tmp_path: Path, change: Callable[[Parts], Parts], sentence: str
) -> None:
    told = write(tmp_path / "whole.zip", parts())
    write(tmp_path / "forged.zip", change(parts()))

    mismatches = verify(tmp_path / "forged.zip", digest=told).mismatches

    assert any(sentence in each for each in mismatches), mismatches
    assert any(f"not {told}: it is another file" in each for each in mismatches)


def test_what_the_manifest_says_that_no_digest_covers_is_held_against_the_files(tmp_path: Path) -> None:
    path = tmp_path / "e.zip"
    write(path, parts(), miniature="m2")
    assert verify(path).mismatches == [f"{layout.MANIFEST} names another miniature than {layout.MINIATURE} does."]

    write(path, parts())
    rewritten(path, lambda own: {**own, layout.MANIFEST: own[layout.MANIFEST].replace(b'"bytes":23', b'"bytes":24')})
    assert {each.partition(" has 23 bytes")[1] for each in verify(path).mismatches} == {" has 23 bytes"}


def test_a_manifest_that_names_half_a_character_is_unreadable(path: Path) -> None:
    rewritten(path, lambda own: {layout.MANIFEST: own[layout.MANIFEST].replace(b'"README.md"', b'"\\ud800"')})

    with pytest.raises(UnreadableZipError, match="cannot be read"):
        verify(path)


def test_what_a_file_makes_the_command_say_moves_no_terminal(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    forged = "\x1b[2K\r21 files hold.\n"
    write(path, changed(parts(), layout.REGISTRATIONS, name=forged, sha256="0"))

    with pytest.raises(SystemExit):
        call_command("verify_evidence", str(path))

    told = capsys.readouterr().err
    assert "The registration of the experiment '\\x1b[2K\\r21 files hold.\\n' does not have its seal." in told
    assert not {"\x1b", "\r"} & {*told}


def test_without_rows_it_says_that_their_hashes_were_not_redone(tmp_path: Path) -> None:
    write(tmp_path / "e.zip", {name: content for name, content in parts().items() if name != ROWS})

    check = verify(tmp_path / "e.zip")

    assert check.mismatches == []
    assert check.notes == ["The dataset's rows are not included: their hashes were not redone."]


@pytest.mark.parametrize("name", ["../out.txt", "/etc/passwd", "a/../../b", "a\\b", "C:x", "folder/"])
def test_a_name_that_is_no_plain_path_is_refused(path: Path, name: str) -> None:
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, b"x")

    with pytest.raises(UnreadableZipError, match=r"leads out of the zip|no plain file"):
        verify(path)


def test_a_link_a_name_twice_and_an_odd_packing_are_refused(path: Path, tmp_path: Path) -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", b"x" * 100)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(layout.CARD, b"{}")

    for file, sentence in ((tmp_path / "link.zip", "no plain file"), (path, "twice"), (tmp_path / "packed.zip", "way")):
        with pytest.raises(UnreadableZipError, match=sentence):
            verify(file)


def test_a_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("zeros", bytes(4 << 20))

    with pytest.raises(UnreadableZipError, match=r"grows .* times"):
        verify(tmp_path / "bomb.zip")
    with pytest.raises(UnreadableZipError, match="at most 1,000 are read"):
        verify(tmp_path / "bomb.zip", most_bytes=1000)


@pytest.mark.slow
def test_rows_of_any_length_are_hashed_without_being_held(tmp_path: Path) -> None:
    lines = [b"short\r\n", random.Random(1).randbytes(12 << 20).replace(b"\n", b" ") + b"\n", b"last, without an end"]
    with zipfile.ZipFile(tmp_path / "rows.zip", "w") as archive:
        archive.writestr("rows.jsonl", b"".join(lines))

    with safe_zip.opened(tmp_path / "rows.zip") as opened:
        tracemalloc.start()
        found = list(opened.line_hashes("rows.jsonl"))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        with pytest.raises(UnreadableZipError, match="longer than 1,000 bytes"):
            list(opened.lines("rows.jsonl", most_bytes=1000))

        assert list(opened.lines("rows.jsonl", most_bytes=16 << 20)) == lines
    assert found == [hashlib.sha256(line).digest() for line in lines]
    assert peak < 6 << 20


def test_a_zip_cut_short_and_one_of_something_else_are_unreadable(path: Path, tmp_path: Path) -> None:
    (tmp_path / "cut.zip").write_bytes(path.read_bytes()[:-40])
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("a.txt", b"x")
    with zipfile.ZipFile(tmp_path / "later.zip", "w") as archive:
        archive.writestr(layout.MANIFEST, b'{"format": "miniatures.evidence/9"}')

    for name, sentence in (
        ("cut", "no zip"),
        ("other", "no evidence file"),
        ("later", "evidence/9"),
        ("none", "no zip"),
    ):
        with pytest.raises(UnreadableZipError, match=sentence):
            verify(tmp_path / f"{name}.zip")


def test_the_command_exits_0_1_or_2_without_a_database(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("verify_evidence", str(path))
    held = capsys.readouterr().out
    rewritten(path, lambda own: {**own, layout.DECISIONS: b"{}\n"})
    with pytest.raises(SystemExit) as mismatch:
        call_command("verify_evidence", str(path))
    path.write_bytes(b"no zip")
    with pytest.raises(CommandError) as unreadable:
        call_command("verify_evidence", str(path))

    assert "files hold. Digest: " in held
    assert f"{layout.DECISIONS} was changed" in capsys.readouterr().err
    assert (mismatch.value.code, unreadable.value.returncode) == (1, 2)


def test_a_withheld_row_is_held_against_its_day_and_said_in_a_note(tmp_path: Path) -> None:
    told = {name: AUDIT[1][name] for name in ("id", "at", "sha256")}
    seal = json.loads(parts()[layout.REGISTRATIONS])
    hidden = {
        **parts(),
        layout.AUDIT_ROWS: lines(AUDIT[0], {**told, "withheld": True}),
        layout.REGISTRATIONS: lines({"kind": "study", "sha256": seal["sha256"], "withheld": True}),
    }
    write(tmp_path / "e.zip", hidden)
    whole = verify(tmp_path / "e.zip")
    write(
        tmp_path / "e.zip",
        {**hidden, layout.AUDIT_ROWS: lines(AUDIT[0], {**told, "sha256": "0" * 64, "withheld": True})},
    )
    forged = verify(tmp_path / "e.zip")

    assert whole.mismatches == []
    assert [note.split(":")[0] for note in whole.notes] == [
        "1 registrations name other tasks", "1 rows of the audit trail name other tasks",
    ]  # fmt: skip
    assert forged.mismatches == [f"Row 5 of the audit trail is not among the leaves that {DAY} was sealed with."]


def test_a_right_that_is_withheld_does_not_hold(tmp_path: Path) -> None:
    told = {name: AUDIT[0][name] for name in ("id", "at", "sha256")}
    write(tmp_path / "e.zip", {**parts(), layout.AUDIT_ROWS: lines({**told, "withheld": True}, AUDIT[1])})

    assert verify(tmp_path / "e.zip").mismatches == [f"{layout.RIGHTS_HISTORY}, line 1 does not say what row 3 says."]


def test_a_file_of_the_first_format_holds_and_withholds_nothing(path: Path, tmp_path: Path) -> None:
    def aged(own: Parts) -> Parts:
        return {**own, layout.MANIFEST: own[layout.MANIFEST].replace(b"evidence/2", b"evidence/1")}

    told = {name: AUDIT[1][name] for name in ("id", "at", "sha256")}
    write(tmp_path / "other.zip", {**parts(), layout.AUDIT_ROWS: lines(AUDIT[0], {**told, "withheld": True})})

    assert verify(rewritten(path, aged)).mismatches == []
    assert "not shaped as evidence is" in verify(rewritten(tmp_path / "other.zip", aged)).mismatches[0]
