"""The name under which a container asks itself whether it is alive."""

import socket

import pytest

from miniatures_site.health import container_check


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
