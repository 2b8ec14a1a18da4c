"""What keeps everything on one machine from starting is told in a sentence with its way out."""

from __future__ import annotations

import errno
import socket
import subprocess
import sys
from unittest.mock import MagicMock

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from demo.data import login_card
from miniatures_site import before_up, one_machine
from web.process import embedded_redis


def test_a_port_that_is_taken_or_does_not_exist_is_refused_in_a_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CommandError, match=f"Port {port} is taken"):
            before_up.refuse_address("127.0.0.1", port)

    with pytest.raises(CommandError, match="There is no port 80312"):
        before_up.refuse_address("127.0.0.1", 80312)


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_this_machine_does_not_have_is_not_told_as_a_taken_port(host):
    with pytest.raises(CommandError, match=f"Nothing can listen at {host} on this machine .* --host 127.0.0.1"):
        before_up.refuse_address(host, 0)


def test_a_port_that_root_alone_may_open_is_told_as_such(monkeypatch):
    def bind(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(before_up.socket.socket, "bind", bind)

    with pytest.raises(CommandError, match=r"Port 80 is for root alone .* PORT=8001"):
        before_up.refuse_address("127.0.0.1", 80)


def test_a_host_of_ipv6_may_be_listened_at_and_is_written_in_brackets(monkeypatch):
    made = MagicMock()
    # A machine without IPv6 makes no such socket.
    monkeypatch.setattr(before_up.socket, "socket", made)

    before_up.refuse_address("::1", 0)

    assert made.call_args.args[0] == socket.AF_INET6
    assert made.return_value.__enter__.return_value.bind.call_args.args[0][:2] == ("::1", 0)
    assert one_machine.address("::1", 8000) == "http://[::1]:8000"


@pytest.mark.parametrize("host", sorted(one_machine.EVERYWHERE))
def test_who_listens_everywhere_is_reached_on_this_machine(host):
    assert one_machine.address(host, 8000) == "http://127.0.0.1:8000"


@pytest.fixture
def taken_data(settings, tmp_path):
    """A folder of data that another start has."""
    settings.VAR_DIR = tmp_path
    hold = (
        "import fcntl, sys; file = open(sys.argv[1], 'w'); fcntl.lockf(file, fcntl.LOCK_EX); print(flush=True); "
        "sys.stdin.read()"
    )
    line = [sys.executable, "-c", hold, str(tmp_path / before_up.LOCK)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        yield tmp_path
        other.stdin.close()


def test_a_second_start_on_the_same_data_is_refused_with_the_address_of_the_first(taken_data):
    login_card.save({"username": "demo", "url": "http://127.0.0.1:8000/"})

    with pytest.raises(CommandError, match=rf"running on {taken_data} already, at http://127.0.0.1:8000/\."):
        before_up.refuse_second_start()


@pytest.mark.sqlite_only
@pytest.mark.django_db
def test_a_demo_that_runs_is_not_reset_whatever_its_broker_is(taken_data, settings):
    settings.DEMO = True

    with pytest.raises(CommandError, match="Nothing was deleted"):
        call_command("demo_reset")

    assert (taken_data / before_up.LOCK).exists()


def test_data_are_free_again_when_their_process_has_ended(settings, tmp_path):
    settings.VAR_DIR = tmp_path / "new"

    assert before_up.lock_data()
    assert before_up.lock_data(), "It is this process that has them."


def test_a_folder_of_data_that_cannot_be_used_is_named_in_a_sentence(settings, tmp_path):
    (tmp_path / "file").touch()
    settings.VAR_DIR = tmp_path / "file" / "var"

    with pytest.raises(CommandError, match=r"file/var', cannot be used: Not a directory\. .* name another in VAR_DIR"):
        before_up.refuse_second_start()


def test_a_machine_without_the_sinks_library_is_told_what_to_install(monkeypatch) -> None:
    before_up.refuse_without_sink()
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)

    with pytest.raises(CommandError, match=r"miniatures\[demo\]"):
        before_up.refuse_without_sink()


def test_a_machine_without_any_broker_is_told_what_to_install(monkeypatch) -> None:
    monkeypatch.delenv("BROKER_URL", raising=False)
    monkeypatch.setattr(embedded_redis, "server_binary", lambda: None)
    before_up.refuse_without_broker()
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    with pytest.raises(CommandError, match=r"miniatures\[embedded\]"):
        before_up.refuse_without_broker()

    monkeypatch.setenv("BROKER_URL", "redis://elsewhere:6379/0")
    before_up.refuse_without_broker()
