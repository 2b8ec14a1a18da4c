"""Where a form leads back to is a path of this site, whatever it says."""

from __future__ import annotations

import pytest

from web.http.safe_redirect import safe_next_path


@pytest.mark.parametrize("wanted", ["/tasks/a/?q=%2F#x", "/"])
def test_a_path_of_this_site_is_taken(wanted: str) -> None:
    assert safe_next_path(wanted, otherwise="/home/") == wanted


@pytest.mark.parametrize(
    "wanted",
    [
        "",
        "99",
        "tasks",
        "//evil.example/x",
        "/\\evil.example",
        "https://evil.example/",
        "javascript:alert(1)",
        "http://[x",
        "//[::1",
    ],
)
def test_anything_else_is_not(wanted: str) -> None:
    assert safe_next_path(wanted, otherwise="/home/") == "/home/"
