"""One feed of live jobs for all tabs of a browser: the server follows so many of the jobs that it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from playwright.sync_api import Page

from jobs.live import stream

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LISTEN = """async ([older, newer]) => {
  const { Feed } = await import("/static/js/live/feed.js");
  const feed = new Feed("/jobs/events/");
  const first = () => {};
  for (const job of older) feed.listen(first, job, 0);
  const last = () => {};
  for (const job of newer) feed.listen(last, job, 0);
}"""


@pytest.mark.slow
def test_the_jobs_of_the_newest_tab_are_followed_first(open_page: Callable[..., Page], sink_url: str) -> None:
    older, newer = ([str(uuid4()) for _ in range(count)] for count in (stream.MAX_JOBS, 2))
    page = open_page(sink_url)

    with page.expect_request("**/jobs/events/?*") as opened:
        page.evaluate(LISTEN, [older, newer])

    followed = stream.parse_positions(parse_qs(urlsplit(opened.value.url).query)["job"])
    assert [str(job) for job in followed] == [*newer, *older[:-2]]
