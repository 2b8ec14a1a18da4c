"""A downloaded miniature is verified offline, and the first file that differs is named."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from huggingface_hub import ModelCard

from evaluation.evaluations import run_inputs, start_evaluation
from members.models import Member
from serving.cards import verify_miniature
from serving.cards.verify_miniature import CARD, DATASET, MANIFEST, DifferenceError, UnreadableError, verify
from training.models import Miniature

Files = dict[str, bytes]
ROW = b'{"prompt":[]}\n'
TASK, MEASURED = "card/task-version-2.json", "card/evaluation-e1.json"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def as_json(value: object) -> bytes:
    return json.dumps(value).encode()


def parts() -> Files:
    """A card and what it stands on, all of which fits."""
    dataset, body = as_json([["sft", "train", sha256(ROW), 1]]), as_json({"instruction": "Write."})
    metrics = {"tuned": {"passes_all": {"mean": 0.8, "n": 3}}}
    measured = {"split": "validation", "at": "2026-11-02", "opening": None}
    card = {
        "miniature": {"slug": "m", "manifest_sha256": "ab" * 32},
        "lineage": {
            "dataset_version": {"name": "Gold", "number": 1, "content_hash": sha256(dataset)},
            "task_versions": [{"number": 2, "content_hash": sha256(body)}],
        },
        "scores": [{**measured, "evaluation": "e1", "records": 3, "systems": {"tuned": {"metrics": metrics["tuned"]}}}],
    }
    evaluation = {**measured, "summary": {"records": 3, "systems": metrics}}
    return {CARD: as_json(card), DATASET: dataset, TASK: body, MEASURED: as_json(evaluation)}


def listed(files: Mapping[str, bytes]) -> list[dict[str, Any]]:
    return [{"path": path, "sha256": sha256(content), "bytes": len(content)} for path, content in files.items()]


def write(path: Path, small: Files, **more: bytes) -> Path:
    """Write a zip whose manifest fits its files, and then other files into it."""
    weights = {"model.safetensors": b"\x00" * 64}
    manifest = {
        "format": verify_miniature.FORMAT,
        "manifest_sha256": "ab" * 32,
        "parts": listed(small),
        "files": listed(weights),
    }
    whole = {MANIFEST: as_json(manifest), **small, **weights, **more}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in whole.items():
            archive.writestr(f"m/{name}", content)
    return path


def changed(path: str, old: bytes, new: bytes) -> Files:
    assert old in parts()[path]
    return {**parts(), path: parts()[path].replace(old, new)}


async def read(response: Any) -> bytes:
    return b"".join([block async for block in response.streaming_content])


@pytest.mark.django_db(transaction=True)
def test_a_downloaded_miniature_holds_with_its_card_evaluation_and_rows(
    miniature: Miniature, admin: Member, viewer: Member, finish: Any, as_member: Callable[[Member], Client],
    tmp_path: Path, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    tuned = run_inputs.tuned_name(miniature.run)
    evaluation = start_evaluation.start(miniature.run, by=admin)
    finish(evaluation, {"tiny (base)": ("base", 0.3), tuned: ("lora", 0.8)})
    version, client = miniature.run.dataset_version, as_member(viewer)
    rows = tmp_path / "rows.jsonl"
    rows.write_bytes(
        default_storage.open(version.files.get(format="sft", split="train", container="jsonl").path).read()
    )
    address = reverse("training:miniature-archive", args=[miniature.pk])

    card_page = client.get(reverse("serving:miniature-card", args=[miniature.pk])).content.decode()
    content = async_to_sync(read)(client.get(address))

    assert f'href="{address}"' in card_page
    path = tmp_path / "m.zip"
    path.write_bytes(content)
    call_command("verify_miniature", str(path), str(rows))
    lines = capsys.readouterr().out.splitlines()
    unzipped = zipfile.ZipFile(io.BytesIO(content))
    names = {name.partition("/")[2] for name in unzipped.namelist()}
    readme = ModelCard(unzipped.read(f"{miniature.slug}/README.md").decode())
    assert (readme.data.base_model, readme.data.library_name) == (None, "peft")
    assert miniature.student.name in readme.text
    assert readme.text.strip() == unzipped.read(f"{miniature.slug}/card/card.md").decode().strip()
    assert names >= {MANIFEST, CARD, DATASET, "README.md", "card/card.md", f"card/evaluation-{evaluation.pk}.json"}
    assert lines == [
        f"{len(names) + 1} files hold.",
        f"Miniature {miniature.slug}: {miniature.manifest_sha256}",
        f"Dataset {version.dataset.name} v1: {version.content_hash}",
    ]


def test_the_script_alone_verifies_without_the_product(tmp_path: Path) -> None:
    script = tmp_path / "verify_miniature.py"
    script.write_bytes(Path(verify_miniature.__file__).read_bytes())
    whole, other = write(tmp_path / "whole.zip", parts()), tmp_path / "other.zip"
    write(other, parts(), **{"model.safetensors": b"\x01" * 64})

    held, differs, unreadable = (
        subprocess.run([sys.executable, "-I", script, file], capture_output=True, text=True, cwd=tmp_path, check=False)
        for file in (whole, other, script)
    )

    assert (held.returncode, held.stdout.splitlines()[0]) == (0, "6 files hold.")
    assert (differs.returncode, differs.stderr.partition(":")[0]) == (1, "model.safetensors differs")
    assert (unreadable.returncode, "cannot be read as a zip" in unreadable.stderr) == (2, True)


def test_a_missing_an_added_and_a_doubled_file_are_named(tmp_path: Path) -> None:
    whole = write(tmp_path / "m.zip", parts())
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(tmp_path / "less.zip", "w") as target:
        for name in source.namelist():
            if not name.endswith(TASK):
                target.writestr(name, source.read(name))

    with pytest.raises(DifferenceError, match=f"{TASK} is missing"):
        verify(tmp_path / "less.zip")
    with pytest.raises(DifferenceError, match=r"more.txt was added"):
        verify(write(tmp_path / "more.zip", parts(), **{"more.txt": b"x"}))
    with zipfile.ZipFile(whole, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(f"m/{CARD}", b"{}")
    with pytest.raises(DifferenceError, match=f"m/{CARD} was added"):
        verify(whole)


def test_a_byte_altered_in_the_zip_itself_is_named_with_its_file(tmp_path: Path) -> None:
    path = write(tmp_path / "m.zip", parts())
    path.write_bytes(path.read_bytes().replace(b'"Write."', b'"Wrote."'))

    with pytest.raises(DifferenceError, match=f"{TASK} differs: Bad CRC"):
        verify(path)


@pytest.mark.parametrize(
    ("small", "differing"),
    [
        (changed(CARD, b"0.8", b"0.9"), MEASURED),
        (changed(CARD, b"ab" * 32, b"cd" * 32), CARD),
        (changed(CARD, b'"scores"', b'"marks"'), CARD),
        (changed(CARD, b'"e1"', b'"e2"'), "card/evaluation-e2.json"),
        (changed(MEASURED, b"validation", b"test"), MEASURED),
        (changed(MEASURED, b"summary", b"report"), CARD),
        (changed(TASK, b"Write.", b"Write!"), TASK),
        (changed(DATASET, b", 1]", b", 2]"), DATASET),
        ({name: content for name, content in parts().items() if name != DATASET}, DATASET),
        ({name: content for name, content in parts().items() if name != CARD}, CARD),
    ],
)
def test_a_new_manifest_does_not_cover_up_a_card_that_tells_something_else(
    tmp_path: Path, small: Files, differing: str
) -> None:
    with pytest.raises(DifferenceError, match=f"^{differing} "):
        verify(write(tmp_path / "m.zip", small))


def test_rows_of_another_dataset_are_named(tmp_path: Path) -> None:
    path, rows = write(tmp_path / "m.zip", parts()), tmp_path / "rows.jsonl"
    rows.write_bytes(ROW)
    assert verify(path, [rows])[0] == "7 files hold."

    rows.write_bytes(ROW + ROW)

    with pytest.raises(DifferenceError, match=r"rows.jsonl differs: the dataset was frozen without"):
        verify(path, [rows])


@pytest.mark.parametrize(
    ("manifest", "sentence"),
    [
        (b"[]", "not of the format"),
        (b'{"format": "miniatures.archive/9"}', "not of the format"),
        (b"[" * 100_000, "cannot be read"),
        (as_json({"format": verify_miniature.FORMAT, "parts": [], "files": [{"path": "a"}]}), "another shape"),
        (as_json({"format": verify_miniature.FORMAT, "parts": 1, "files": []}), "another shape"),
    ],
)
def test_a_manifest_of_something_else_is_unreadable(tmp_path: Path, manifest: bytes, sentence: str) -> None:
    with pytest.raises(UnreadableError, match=sentence):
        verify(write(tmp_path / "m.zip", parts(), **{MANIFEST: manifest}))


def test_no_more_is_unpacked_than_the_manifest_says(tmp_path: Path) -> None:
    path = tmp_path / "bomb.zip"
    zeros = {"path": "zeros", "sha256": "", "bytes": 10}
    manifest = {"format": verify_miniature.FORMAT, "parts": [], "files": [zeros]}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"m/{MANIFEST}", as_json(manifest))
        archive.writestr("m/zeros", bytes(4 << 20))

    with pytest.raises(DifferenceError, match="zeros differs: it is longer than 10 bytes"):
        verify(path)


def test_names_in_a_zip_move_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "m.zip", parts(), **{"\x1b[2K\r6 files hold.\n": b""})

    status = verify_miniature.main([str(path)])

    assert status == verify_miniature.DIFFERS
    assert not {"\x1b", "\r"} & {*capsys.readouterr().err}
