from __future__ import annotations

import os
import subprocess
import sys
from importlib.machinery import ModuleSpec
from io import StringIO
from pathlib import Path
from types import ModuleType

import pytest

from demo.data import login_card
from jobs.supervisor import watch_engine
from miniatures_site import one_machine
from miniatures_site.demo_snapshot import first_start, snapshot
from miniatures_site.demo_snapshot.first_start import Steps
from miniatures_site.management.commands import up
from web.process import procfile

ROOT = Path(__file__).resolve().parents[2]


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
    assert not (settings.VAR_DIR / one_machine.DEMO_LOADED).exists()


def test_a_demo_that_is_loaded_to_its_end_is_noted(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(up, "call_command", lambda _: None)

    up.Command().load_demo()

    assert (tmp_path / one_machine.DEMO_LOADED).exists()


def test_without_a_login_there_is_nothing_to_start_for(broken_demo):
    with pytest.raises(KeyError):
        up.Command(stderr=StringIO()).load_demo()


def test_a_start_without_torch_says_what_does_not_work_and_how_to_get_it(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    monkeypatch.setattr(up.urllib.request, "urlopen", lambda *_, **__: StringIO())
    monkeypatch.setattr(up.workers, "present", lambda: True)
    login_card.save({"username": "demo", "password": "known", "url": "http://127.0.0.1:8000/"})
    told = {}

    for torch in (ModuleType("torch"), None):
        if torch:
            torch.__spec__ = ModuleSpec("torch", None)
        monkeypatch.setitem(sys.modules, "torch", torch)
        told[bool(torch)] = StringIO()
        command = up.Command(stdout=told[bool(torch)])
        up.announce(command, Steps(command.tell, is_told=False))

    assert "with the password known" in told[False].getvalue()
    assert "Without torch, tuning" in told[False].getvalue()
    assert "Without torch, tuning" not in told[True].getvalue()


def test_engines_end_with_their_worker_which_has_time_to_end_them(monkeypatch):
    monkeypatch.delenv("JOB_ENGINES_OUTLIVE_WORKERS", raising=False)

    assert up.child_environment("127.0.0.1", 8000)["JOB_ENGINES_OUTLIVE_WORKERS"] == "0"
    assert procfile.STOP_WITHIN_S > watch_engine.LEAVE_WITHIN_S


@pytest.fixture
def own_environment(monkeypatch, tmp_path):
    """Variables as `up` finds them, put back afterwards with what it has changed; returns the folder of data."""
    for name in one_machine.environment("127.0.0.1", 8000, tmp_path):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("VAR_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.setattr(one_machine, "_prepared", {})
    monkeypatch.setattr(one_machine, "_own", {})
    for name in one_machine.WITHOUT_THREADS:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(one_machine.gc, "disable", lambda: None)
    return tmp_path


def test_from_the_second_start_on_up_has_the_settings_of_its_processes_and_may_fork_them(
    own_environment, settings, monkeypatch
):
    settings.VAR_DIR = own_environment
    monkeypatch.setattr(one_machine, "DEMO_SNAPSHOT", own_environment / "none")
    # A first start that was stopped has left this.
    (own_environment / "demo-login.json").write_text("{}")
    one_machine.prepare(["up", "--port", "8123"])
    assert not one_machine.is_prepared("127.0.0.1", 8123)
    (own_environment / one_machine.DEMO_LOADED).touch()

    one_machine.prepare(["up", "--port=8123", "--verbosity", "2"])
    mine = dict(os.environ)

    assert one_machine.is_prepared("127.0.0.1", 8123)
    assert not one_machine.is_prepared("127.0.0.1", 8000)
    assert mine["SITE_URL"] == "http://127.0.0.1:8123"
    assert not one_machine.WITHOUT_THREADS.keys() & up.child_environment("127.0.0.1", 8123).keys()
    later = {"INBOUND_KEY", "PYTHONWARNINGS", "PATH"}
    assert {name for name, value in up.child_environment("127.0.0.1", 8123).items() if mine.get(name) != value} <= later


def test_a_first_start_with_a_snapshot_may_fork_them_too(own_environment):
    one_machine.prepare(["up", "--port", "8123"])

    assert one_machine.is_prepared("127.0.0.1", 8123)


@pytest.fixture
def snapshot_that_does_not_fit(monkeypatch, tmp_path):
    """A first start in a folder of its own, with a snapshot that no version reads."""
    packed = tmp_path / "snapshot.tar.zst"
    packed.write_bytes(b"of another day")
    monkeypatch.setattr(one_machine, "DEMO_SNAPSHOT", packed)
    monkeypatch.setattr(snapshot.databases, "is_empty", lambda: True)
    return tmp_path


def test_a_snapshot_that_does_not_fit_is_told_in_a_sentence_and_left_to_the_loaders(
    snapshot_that_does_not_fit, settings
):
    settings.VAR_DIR = snapshot_that_does_not_fit
    lines: list[str] = []
    sentences: list[str] = []

    is_there = first_start.bring_in(Steps(lines.append, is_told=True), say=sentences.append)

    assert not is_there
    assert [line.split()[:3] for line in lines] == [["2", "of", "5"]]
    assert sentences[0].startswith("The demo's snapshot is not used: ")
    assert "step by step" in sentences[0]
    assert not (settings.VAR_DIR / snapshot.UNFINISHED).exists()


@pytest.mark.parametrize("words", [["migrate"], [], ["up", "--host"]])
def test_no_other_command_and_no_wrong_word_changes_the_environment(own_environment, words):
    (own_environment / one_machine.DEMO_LOADED).touch()
    before = dict(os.environ)

    one_machine.prepare(words)

    assert dict(os.environ) == before


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux alone")
def test_what_web_and_worker_begin_with_leaves_no_thread_and_no_torch_behind(tmp_path):
    (tmp_path / one_machine.DEMO_LOADED).touch()
    ask = """
from miniatures_site import one_machine
one_machine.prepare(["up"])
import django; django.setup()
import os, sys
from miniatures_site.management.commands import up
from web.process import forked
up.preload()
before = set(sys.modules)
import miniatures_site.asgi
print(len(os.listdir("/proc/self/task")), forked.is_safe(), len(set(sys.modules) - before) < 20)
"""
    inherited = {name: value for name, value in os.environ.items() if name not in one_machine.WITHOUT_THREADS}
    environment = {**inherited, "VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev"}

    told = subprocess.run(
        [sys.executable, "-c", ask], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )

    assert told.stdout == "1 True True\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="programs are forked on Linux alone")
def test_data_are_prepared_aside_and_what_keeps_them_from_it_is_told_without_a_traceback(tmp_path):
    ask = """
import sys
from pathlib import Path
import django; django.setup()
from django.core.management.base import CommandError
from miniatures_site.management.commands import up
def refuse():
    raise CommandError("of a newer version")
until_ready = up.begin_aside(Path(sys.argv[1]).touch)
until_ready()
print(Path(sys.argv[1]).exists(), flush=True)
up.begin_aside(refuse)()
print("started all the same")
"""
    environment = {**os.environ, "VAR_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev"}

    told = subprocess.run(
        [sys.executable, "-c", ask, str(tmp_path / "prepared")],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )

    assert (told.returncode, told.stdout, told.stderr) == (1, "True\n", "CommandError: of a newer version\n")


def test_a_mail_server_that_is_named_keeps_its_own_port(own_environment, monkeypatch):
    sink = one_machine.environment("127.0.0.1", 8000, own_environment)
    monkeypatch.setenv("EMAIL_HOST", "smtp.example.com")
    named = one_machine.environment("127.0.0.1", 8000, own_environment)

    assert (sink["EMAIL_HOST"], sink["EMAIL_PORT"]) == ("127.0.0.1", sink["SINK_PORT"])
    assert not {"EMAIL_HOST", "EMAIL_PORT"} & named.keys()


@pytest.mark.django_db
def test_data_of_ones_own_get_no_demo_beside_them(settings, tmp_path, monkeypatch, admin):
    settings.VAR_DIR = tmp_path
    done = []
    monkeypatch.setattr(up, "call_command", lambda name, **_: done.append(name))
    told = StringIO()
    command = up.Command(stdout=told)

    command.prepare_data("http://127.0.0.1:8000/", Steps(command.tell, is_told=False))
    own = list(done)
    admin.username = login_card.USERNAME
    admin.save()
    command.prepare_data("http://127.0.0.1:8000/", Steps(command.tell, is_told=False))

    assert own == ["migrate"]
    assert done == ["migrate", "migrate", "load_demo"]


def test_a_start_on_data_of_ones_own_says_its_address_and_no_login(settings, tmp_path, monkeypatch):
    settings.VAR_DIR = tmp_path
    login_card.save({"url": "http://127.0.0.1:8000/"})
    monkeypatch.setattr(up.urllib.request, "urlopen", lambda *_, **__: StringIO())
    monkeypatch.setattr(up.workers, "present", lambda: True)
    told = StringIO()
    command = up.Command(stdout=told)

    up.announce(command, Steps(command.tell, is_told=False))

    assert "running at http://127.0.0.1:8000/" in told.getvalue()
    assert "Log in as one of its members" in told.getvalue()
