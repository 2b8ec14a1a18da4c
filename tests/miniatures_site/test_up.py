from __future__ import annotations

from io import StringIO

import pytest

from demo.data import login_card
from jobs.supervisor import watch_engine
from miniatures_site.management.commands import up
from web.process import procfile


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


def test_engines_end_with_their_worker_which_has_time_to_end_them(monkeypatch):
    monkeypatch.delenv("JOB_ENGINES_OUTLIVE_WORKERS", raising=False)

    assert up.child_environment("127.0.0.1", 8000)["JOB_ENGINES_OUTLIVE_WORKERS"] == "0"
    assert procfile.STOP_WITHIN_S > watch_engine.LEAVE_WITHIN_S
