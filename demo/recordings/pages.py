"""Engine that generates the sites of the demo's fictional companies: `python -m demo.recordings.pages RUN_DIR`.

It reports pages like the engine that fetches sites, so that the product stores them and makes records itself.
"""

from __future__ import annotations

import hashlib
import sys
from datetime import UTC, datetime

from demo.data.company_news import page_of, url_of
from demo.data.prospects.generate import prospects
from jobs.rundir import RunDir

UNKNOWN = "Nothing found: the company is not part of the demo."


def main(path: str) -> None:
    """Report the page of every site of an order."""
    run = RunDir.open(path)
    known = {facts["company"]: facts for facts in prospects()}
    run.emit(
        "log", level="info", message="These companies are fictional: their pages are drawn here, nothing is fetched."
    )
    sites = run.spec.body["sites"]
    for done, site in enumerate(sites, 1):
        facts = known.get(site["name"])
        if facts is not None:
            text = page_of(facts).text
            run.emit(
                "page",
                site=site["number"],
                number=1,
                way="start",
                url=site["url"],
                final_url=url_of(site["name"]),
                status=200,
                content_type="text/html",
                bytes=len(text),
                sha256=hashlib.sha256(text.encode()).hexdigest(),
                title=site["name"],
                text=text,
                fetched_at=datetime.now(UTC).isoformat(),
            )
        run.emit("site", site=site["number"], why="" if facts is not None else UNKNOWN)
        run.emit("progress", done=done, total=len(sites), unit="sites")
    run.finish("succeeded", summary={"sites": len(sites), "pages": len(sites), "refused": 0})


if __name__ == "__main__":
    main(sys.argv[1])
