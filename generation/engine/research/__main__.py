"""`python -m generation.engine.research RUN_DIR`: reads the pages of an order, several sites at a time."""

from __future__ import annotations

import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from importlib.util import find_spec
from typing import Any

from pydantic import ValidationError

from generation.engine.research import search
from generation.engine.research.contracts import ResearchSpec, SiteSpec
from generation.engine.research.extract import PageExtractor
from generation.engine.research.fetch import Fetcher, FetchStopped
from generation.engine.research.site import SiteReader
from jobs.rundir import EngineError, RunDir


class ResearchProgress:
    """Progress so far, told as it changes. Safe to use from many threads."""

    def __init__(self, run: RunDir, spec: ResearchSpec) -> None:
        self._run, self._total = run, spec.done + len(spec.sites)
        self._lock = threading.Lock()
        self.done, self.pages, self.refused = spec.done, 0, 0

    def page(self, payload: dict[str, Any]) -> None:
        with self._lock:
            self.pages += "code" not in payload
            self.refused += "code" in payload
            self._run.emit("page", **payload)

    def site(self, number: int, why: str) -> None:
        with self._lock:
            self.done += 1
            self._run.emit("site", site=number, why=why)
            self._run.emit("progress", done=self.done, total=self._total, unit="sites")


def main(run: RunDir) -> int:
    """Read all sites, and end the attempt as it went; returns the process's exit status."""
    if find_spec("trafilatura") is None:
        hint = "Install the extra on this host: pip install 'miniatures[research]'."
        missing = EngineError(code="no_library", message="The library that reads pages is not installed.", hint=hint)
        run.finish("failed", error=missing)
        return 1
    try:
        spec = ResearchSpec.model_validate(run.spec.body)
        key = run.secrets()[spec.search.secret_ref] if spec.search.secret_ref else ""
        progress = ResearchProgress(run, spec)
        is_whole = _read(run, spec, progress, key)
    except ValidationError as error:
        first = error.errors()[0]
        run.finish("failed", error=EngineError(code="bad_spec", message=f"{first['loc']}: {first['msg']}"))
        return 1
    except OSError as error:
        hint = "Free some space, then resume: pages that were read are not fetched again."
        run.finish("failed", error=EngineError(code="disk", message=str(error)[:300], hint=hint))
        return 1
    summary = {"sites": progress.done, "pages": progress.pages, "refused": progress.refused}
    run.finish("succeeded" if is_whole else "stopped", summary)
    return 0


def _read(run: RunDir, spec: ResearchSpec, progress: ResearchProgress, key: str) -> bool:
    """Read all sites; return whether none was left."""
    fetcher = Fetcher(spec, lambda: run.stop_requested)
    finder = search.open_search(spec.search, fetcher.search, key)
    with closing(PageExtractor()) as reader, ThreadPoolExecutor(spec.at_once) as pool:

        def one(site: SiteSpec) -> bool:
            try:
                why = SiteReader(
                    site,
                    fetcher=fetcher,
                    reader=reader,
                    search=finder,
                    tell=progress.page,
                    should_stop=lambda: run.stop_requested,
                    total_s=spec.site_s,
                ).run()
            except FetchStopped:
                return False
            progress.site(site.number, why)
            return True

        return all(list(pool.map(one, spec.sites)))


if __name__ == "__main__":
    sys.exit(main(RunDir.open(sys.argv[1])))
