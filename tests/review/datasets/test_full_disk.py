"""A disk that fills up while a version is frozen."""

from __future__ import annotations

import errno
import tempfile

import pytest
from django.conf import settings
from django.core.files.storage import FileSystemStorage

from members.models import Member
from review.datasets import containers, freezing
from review.datasets import write_version as writing
from tests.review import factories
from tests.review.datasets import golds
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("where", ["its own folder", "the storage"])
def test_a_disk_that_fills_up_freezes_nothing_says_where_and_the_next_try_is_whole(
    admin: Member, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    task = factories.make_task(by=admin)
    golds.make_drafts(task, golds.make_records(task, 30))
    golds.decide_each(admin, task, ["accept"] * 30)

    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    expected = freezing.freeze(freezing.create(task, name="Gold", by=admin), by=admin)
    golds.sealed(expected)
    version = freezing.freeze(freezing.create(task, name="Same gold", by=admin), by=admin)
    storage = settings.STORAGES["default"]["OPTIONS"]["location"]
    broken, folder = {
        "its own folder": ((containers.JsonlFile, "write"), tempfile.gettempdir()),
        "the storage": ((FileSystemStorage, "_save"), storage),
    }[where]
    with monkeypatch.context() as full:
        full.setattr(*broken, fill)
        with pytest.raises(Refusal) as refused:
            writing.write(version.pk, report=lambda done, total: None)
    version.refresh_from_db()
    was_frozen = version.is_frozen

    writing.seal(version.pk, writing.write(version.pk, report=lambda done, total: None))

    assert (refused.value.code, was_frozen) == ("no_space", False)
    assert f"'{folder}'" in refused.value.message
    assert refused.value.hint
    version.refresh_from_db()
    assert version.content_hash == expected.content_hash
