"""The name under which a container, or an installer, asks a site whether it is alive."""

import importlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from miniatures_site.health import container_check
from tests.miniatures_site.containers import ROOT


@pytest.mark.parametrize(
    ("allowed", "name"),
    [
        ("app.example.org,10.0.0.1", "app.example.org"),
        (" .example.org", "example.org"),
        ("*", "localhost"),
        ("", "localhost"),
    ],
)
def test_the_first_name_that_the_site_answers_to_is_used(allowed: str, name: str) -> None:
    assert container_check.host_name(allowed) == name


def test_a_port_where_nobody_listens_is_not_alive() -> None:
    with socket.socket() as taken:
        # Bound and not listening: whoever knocks is refused.
        taken.bind(("127.0.0.1", 0))

        assert not container_check.is_alive(taken.getsockname()[1], "localhost")


@pytest.mark.parametrize(("allowed", "name"), [("*", "localhost"), (".example.org", "example.org")])
def test_an_installer_asks_the_site_under_a_name_that_it_answers_to(
    monkeypatch: pytest.MonkeyPatch, allowed: str, name: str
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "deploy"))
    checks = importlib.import_module("install_checks")

    class Site(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.headers["Host"] == name else 400)
            self.end_headers()

    with HTTPServer(("127.0.0.1", 0), Site) as site:
        threading.Thread(target=site.handle_request).start()
        fault = checks.fault_of(site.server_port, allowed, "/healthz")

    assert fault == ""
