"""Figures that few readers need are one click away: a template holds them inside a fold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[2] / "templates"
RARE = re.compile(
    r"{{[^}]*(?:sha256|content_hash)[^}]*}}|name=\"(?:grad_norm|rate)\"|{{ latest\.mfu|kv_bytes|[Pp]re-recorded"
    r"|\bRecorded:"
    r"|[Rr]ecorded (?:on|elsewhere)|\(MFU\)|Cached tokens"
)
# Templates that may show such a figure at once, each with the reason.
EXEMPT = {
    "campaigns/contacts/suppressions.html": "hashes are all that the list holds",
    "training/hub.html": "a hidden field, so that what is sent is what was read",
    "evaluation/_left_out_of_costs.html": "names cells that the costs beside it leave out",
}
BLOCK = re.compile(r"<details\b|</details>")


def shown_at_once(html: str) -> list[str]:
    """Rare figures of a template that stand outside every fold."""
    depth, found, begin = 0, [], 0
    for tag in [*BLOCK.finditer(html), None]:
        end = tag.start() if tag else len(html)
        if depth == 0:
            found += [match.group(0) for match in RARE.finditer(html, begin, end)]
        if tag:
            depth += 1 if tag.group(0) != "</details>" else -1
            begin = tag.end()
    return found


@pytest.mark.parametrize(
    ("html", "count"),
    [
        ("<p>{{ file.sha256 }}</p>", 1),
        ("<details><summary>Hash</summary>{{ file.sha256 }}</details>", 0),
        ("<details><details>a</details>{{ file.sha256 }}</details>{{ version.content_hash }}", 1),
    ],
)
def test_a_figure_outside_a_fold_is_found(html: str, count: int) -> None:
    assert len(shown_at_once(html)) == count


def test_no_page_shows_hashes_recordings_or_figures_of_the_machine_at_once() -> None:
    pages = {path.relative_to(TEMPLATES).as_posix(): path.read_text() for path in TEMPLATES.rglob("*.html")}
    found = {name: figures for name, html in pages.items() if name not in EXEMPT and (figures := shown_at_once(html))}

    assert found == {}
