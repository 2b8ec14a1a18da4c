from __future__ import annotations

from io import StringIO

import pytest

from demo.data import login_card
from miniatures_site.management.commands import up


@pytest.fixture
def broken_demo(settings, tmp_path, monkeypatch):
    def fail(_: str) -> None:
        raise KeyError("tour")

    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(up, "call_command", fail)


def test_a_demo_that_does_not_load_whole_keeps_nobody_from_starting(broken_demo, settings):
    login_card.save({"username": "demo", "password": "known"})
    told = StringIO()

    up.Command(stderr=told).load_demo()

    assert "make demo-reset" in told.getvalue()
    assert "KeyError: 'tour'" in (settings.VAR_DIR / "demo-load.log").read_text()


def test_without_a_login_there_is_nothing_to_start_for(broken_demo):
    with pytest.raises(KeyError):
        up.Command(stderr=StringIO()).load_demo()
