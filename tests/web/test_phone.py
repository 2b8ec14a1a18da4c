"""On a phone: tables that are swiped within their box, charts of one line without its name, and marks that are seen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
DRAW = """async (data) => {
  const module = () => performance.getEntriesByType("resource").find((each) => \
/\\/charts(\\.\\w+)?\\.js/.test(each.name));
  // The page asks for it once it stands.
  while (!module()) await new Promise((done) => setTimeout(done, 20));
  const { draw } = await import(module().name);
  const source = Object.assign(document.createElement("script"), { id: "phone-data", type: "application/json", \
textContent: JSON.stringify(data) });
  const figure = Object.assign(document.createElement("figure"), { className: "chart", id: "phone" });
  Object.assign(figure.dataset, { chart: "lines", source: "#phone-data" });
  document.querySelector("main").append(source, figure);
  draw(figure);
  while (!figure.querySelector("text")) await new Promise((done) => setTimeout(done, 20));
  await new Promise((done) => setTimeout(done, 200));
  return {
    ticks: [...figure.querySelectorAll("text")].map((each) => each.textContent),
    dots: [...figure.querySelectorAll("circle.dot")].map((each) => each.getBoundingClientRect().width),
  };
}"""


def drawn(page: Page, *series: tuple[str, list[list[float]]]) -> Any:
    named = [{"name": name, "points": points} for name, points in series]
    return page.evaluate(
        DRAW, {"series": named, "x": {"label": "learning rate", "log10": True}, "y": {"label": "loss"}}
    )


def test_a_table_wider_than_a_phone_is_swiped_and_its_cells_keep_their_lines(
    open_page: Callable[..., Page], sink_url: str
) -> None:
    page = open_page(sink_url, width=375)

    page.evaluate(
        "document.querySelector('.table-wrap').innerHTML = '<table class=table><tbody><tr>'"
        " + '<th scope=row>A run of the demo</th>' + '<td>two words</td>'.repeat(8) + '</tr></tbody></table>'"
    )

    assert page.evaluate("document.documentElement.scrollWidth") == 375
    wrap, row = page.locator(".table-wrap").first, page.locator(".table-wrap td").first
    assert wrap.evaluate("(box) => box.scrollWidth > box.clientWidth")
    assert row.evaluate("(cell) => cell.getBoundingClientRect().height") < 40


def test_a_line_of_one_point_is_seen_and_a_logarithm_is_read_as_its_value(
    open_page: Callable[..., Page], sink_url: str
) -> None:
    page = open_page(sink_url, width=375)

    alone = drawn(page, ("rank 8", [[-3.0, 4.5]]))

    assert alone["dots"][0] > 6
    assert "0.001" in alone["ticks"]
    assert "rank 8" not in alone["ticks"]


def test_two_lines_are_told_apart_by_name_on_a_phone_too(open_page: Callable[..., Page], sink_url: str) -> None:
    page = open_page(sink_url, width=375)

    two = drawn(page, ("rank 8", [[-3.0, 4.5], [-2.0, 3.0]]), ("rank 32", [[-3.0, 4.2], [-2.0, 2.0]]))

    assert {"rank 8", "rank 32", "0.01"} <= set(two["ticks"])
    assert two["dots"] == []
