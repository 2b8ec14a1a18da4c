"""What keeps everything on one machine from starting is told in a sentence with its way out."""

from __future__ import annotations

import errno
import socket
import sys

import pytest
from django.core.management.base import CommandError

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


def test_a_host_of_ipv6_may_be_listened_at_and_is_written_in_brackets():
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("This machine has no IPv6.")
    before_up.refuse_address("::1", 0)

    assert one_machine.address("::1", 8000) == "http://[::1]:8000"


@pytest.mark.parametrize("host", one_machine.EVERYWHERE)
def test_who_listens_everywhere_is_reached_on_this_machine(host):
    assert one_machine.address(host, 8000) == "http://127.0.0.1:8000"


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
