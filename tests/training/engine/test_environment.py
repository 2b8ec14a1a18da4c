"""A run records what it computed with, and the commit of its code wherever git keeps that."""

from __future__ import annotations

from pathlib import Path

import pytest

from training.engine.report import environment

COMMIT = "0123456789" * 4


def checkout(folder: Path, head: str, **files: str) -> Path:
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text(head)
    for name, content in files.items():
        path = folder / ".git" / name.replace("__", "/").replace("_", "-")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.mark.parametrize(
    ("head", "files"),
    [
        (f"{COMMIT}\n", {}),
        ("ref: refs/heads/main\n", {"refs__heads__main": f"{COMMIT}\n"}),
        ("ref: refs/heads/main\n", {"packed_refs": f"# pack-refs\n{COMMIT} refs/heads/main\n"}),
    ],
)
def test_the_commit_is_found_detached_loose_and_packed(tmp_path: Path, head: str, files: dict[str, str]) -> None:
    assert environment.commit_of(checkout(tmp_path, head, **files)) == COMMIT


def test_a_work_tree_names_the_folder_that_it_shares(tmp_path: Path) -> None:
    (tmp_path / "main").mkdir()
    main = checkout(tmp_path / "main", "ref: refs/heads/main\n", refs__heads__side=COMMIT)
    own = main / ".git" / "worktrees" / "side"
    own.mkdir(parents=True)
    (own / "HEAD").write_text("ref: refs/heads/side\n")
    (own / "commondir").write_text("../..\n")
    (tmp_path / "side").mkdir()
    (tmp_path / "side" / ".git").write_text(f"gitdir: {own}\n")

    assert environment.commit_of(tmp_path / "side") == COMMIT


def test_installed_code_and_a_head_that_is_none_have_no_commit(tmp_path: Path) -> None:
    assert environment.commit_of(tmp_path) is None
    assert environment.commit_of(checkout(tmp_path, "nonsense")) is None


def test_packages_are_told_by_their_versions() -> None:
    found = environment.read()

    assert found.packages["torch"]
    assert found.python.count(".") == 2
