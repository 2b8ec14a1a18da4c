"""What tests of imports share: a task, a way to write a file, and the words of a refusal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import import_records
from web.errors import Refusal

Write = Callable[..., Path]
GOOD = "company,sector,size\nAcme Ltd,steel,12\nBolt GmbH,rail,40\n"


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(text: str | bytes, name: str = "prospects.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode(encoding))
        return path

    return make


def refusal_of(task: Task, path: Path, by: Member, **more: object) -> Refusal:
    with pytest.raises(Refusal) as caught:
        import_records(task, path, by=by, **more)
    assert not Record.objects.exists()
    assert not Source.objects.exists()
    return caught.value
