"""A miniature that was served is served by the restored installation, and says the same."""

from __future__ import annotations

import json

import pytest

from tests.miniatures_site.backup import served
from tests.miniatures_site.backup.houses import House
from tests.serving import tiny

pytestmark = [pytest.mark.engine, pytest.mark.django_db, pytest.mark.timeout(1200)]


@pytest.fixture(params=["folder", "bucket"])
def serving(request, build, empty, bucket, tmp_path) -> tuple[House, str]:
    """An installation with a promoted miniature that no worker serves yet, and an API token of a member."""
    house, run_dir = build(f"serving from a {request.param}", like=empty.database), tmp_path / "run"
    house.storage = bucket if request.param == "bucket" else ""
    tiny.make_base(house.var / served.STUDENT)
    tiny.make_adapter(run_dir / "adapter", seed=1)
    told = _told(house, f"print('TOLD', served.promote({str(run_dir)!r}))")
    return house, told


def _told(house: House, line: str) -> str:
    said = house.python(f"from tests.miniatures_site.backup import served\n{line}")
    return next(each for each in said.splitlines() if each.startswith("TOLD")).removeprefix("TOLD ")


def answer(house: House, token: str) -> str:
    return str(json.loads(_told(house, f"print('TOLD', served.answer({token!r}))")))


@pytest.mark.slow
def test_a_miniature_restored_at_another_place_answers_as_it_did(serving, build, tmp_path):
    house, token = serving
    house.run("backup", str(tmp_path / "today.tar"), "--no-verify")
    before = answer(house, token)
    house.close()
    house.var.rename(house.var.with_name(f"lost {house.var.name}"))
    new = build(f"new for {house.var.name}")
    new.storage = house.storage.replace("/house?", "/new?")

    new.run("restore", str(tmp_path / "today.tar"))

    assert before
    assert answer(new, token) == before
