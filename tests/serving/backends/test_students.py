"""A student as a server of the field is given it."""

from __future__ import annotations

from pathlib import Path

from serving.backends.students import OpenedStudent
from tests.training.conftest import write_student


def test_weights_that_lie_in_a_folder_twice_take_their_bytes_once(tmp_path: Path) -> None:
    folder = write_student(tmp_path / "mistral")
    weights = (folder / "model.safetensors").read_bytes()
    (folder / "consolidated.safetensors").write_bytes(weights)

    assert OpenedStudent(str(folder), frozenset(), None, 32, None, ()).bytes == len(weights)
