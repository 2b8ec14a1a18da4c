"""What every test may use: members of each role, an API client, and the rule for outside data."""

from __future__ import annotations

import gc
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_django
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from tests.everything import ROOT, files_with

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip

# What a page shows in the end is waited for this long: another pass may have the other cores.
BROWSER_PATIENCE_MS = 60_000

# Pages, forms, the matrix of routes and verdicts played back ask the database what the rooms' own tests ask: one database is
# enough for them.
# A page whose questions only its own tests ask is marked `both_databases`.
ONE_DATABASE = re.compile(
    r"tests/matrix/|tests/review/replay/|/(pages|views)/|/test_\w*pages?(_and_api)?\.py|/test_(open_routes|audited|home|api_reference|ways_in)\.py"
)
# Files of few tests that take half a minute and more: they begin first, so that no worker has one left at the end.
LONG_FILES = (
    "tests/review/replay/test_defacto.py", "tests/training/test_kinds.py", "tests/training/engine/launching/test_several.py",
    "tests/miniatures_site/backup/test_backup.py", "tests/miniatures_site/test_deploy.py",
    "tests/miniatures_site/backup/test_restored.py", "tests/miniatures_site/backup/test_object_storage.py",
)  # fmt: skip
# Objects that come beside those that go; Python's own is 700.
GARBAGE_LOOKED_FOR_EVERY = 10_000
DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}
# Of a file whose tests all bear one of these, the database's second pass runs none.
ONCE = re.compile(r"^pytestmark\b(?:.|\n(?=[ )\]]))*\bmark\.(?:engine|browser|sqlite_only)\b", re.MULTILINE)
BOTH = re.compile(r"\bmark\.(?:both_databases|postgres_only)\b")


def pytest_configure(config: pytest.Config) -> None:
    """Keep what is compiled, here and in processes of tests: some images ask Python not to, and each start then compiles anew."""
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # What is imported and collected stays: to look through it for garbage again and again is a quarter of that work.
    gc.disable()


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no file of which the database's pass runs no test: what it imports takes longer than many tests."""
    if not os.environ.get("TEST_ONLY_DATABASE") or not collection_path.match("test_*.py"):
        return None
    text = collection_path.read_text()
    runs_once = ONE_DATABASE.search(collection_path.as_posix()) or ONCE.search(text)
    return True if runs_once and not BOTH.search(text) else None


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what is imported and collected out of every later collection of garbage, and let those come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GARBAGE_LOOKED_FOR_EVERY)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put long files first, and the browser's tests last: its event loop stays in this thread, where `asyncio.run` refuses."""
    deselect_outside_data(config, items)
    refuse_hidden_marks(items)
    if os.environ.get("TEST_ONLY_DATABASE"):
        keep(config, items, [item for item in items if depends_on_the_database(item)])
    if os.environ.get("TEST_NO_DATABASE"):
        keep(config, items, [item for item in items if not touches_database(item)])
    items.sort(
        key=lambda item: ("browser" in getattr(item, "fixturenames", ()), not item.path.as_posix().endswith(LONG_FILES))
    )


def refuse_hidden_marks(items: list[pytest.Item]) -> None:
    """Refuse a mark that a pass looks for and that the test's file does not name: the pass would not find the test."""
    for mark in ("browser", "alone", "timed", "postgres_only"):
        files = {item.path for item in items if item.get_closest_marker(mark)}
        known = [ROOT / name for name in files_with(mark)] if files else []
        for path in sorted(files):
            if path not in known and not set(path.parents) & set(known):
                raise pytest.UsageError(
                    f"{path} has tests marked '{mark}': write pytest.mark.{mark} in the file itself."
                )


def touches_database(item: pytest.Item) -> bool:
    """Whether a test has a database at all."""
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(fixtures)


def depends_on_the_database(item: pytest.Item) -> bool:
    """Whether it makes a difference to this test which database there is."""
    if item.get_closest_marker("postgres_only") is not None:
        return True
    if not touches_database(item):
        return False
    return item.get_closest_marker("both_databases") is not None or not ONE_DATABASE.search(item.path.as_posix())


def keep(config: pytest.Config, items: list[pytest.Item], wanted: list[pytest.Item]) -> None:
    """Deselect all others."""
    chosen = set(wanted)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = wanted


def deselect_outside_data(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect, by name, tests of outside data when no folder is named; a named folder that is absent is an error."""
    folder = os.environ.get("SHARED_DATA_DIR")
    if folder:
        if not Path(folder).is_dir():
            raise pytest.UsageError(f"SHARED_DATA_DIR is '{folder}', which is no folder.")
        return
    left_out = [item for item in items if item.get_closest_marker("outside_data")]
    keep(config, items, [item for item in items if not item.get_closest_marker("outside_data")])
    if told_in := os.environ.get("TEST_LEFT_OUT"):
        # Each worker tells the same.
        Path(told_in).write_text("".join(f"{item.nodeid}\n" for item in left_out))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Under CI a skipped test is a hole, so it is a failure."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped and os.environ.get("CI") == "true":
        terminalreporter.write_line("Under CI=true nothing may be skipped:", red=True)
        for report in skipped:
            terminalreporter.write_line(f"  {report.nodeid}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Turn skips under CI into a failing exit."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter and reporter.stats.get("skipped") and os.environ.get("CI") == "true" and exitstatus == 0:
        session.exitstatus = 1


@pytest.fixture
def outside_data() -> Path:
    """The folder with real data that is no part of the project."""
    return Path(os.environ["SHARED_DATA_DIR"])


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None, pytestconfig: pytest.Config, django_db_blocker: pytest_django.DjangoDbBlocker
) -> None:
    """Each process has a database of its own, which begins as a copy of a migrated one."""
    from tests import migrated

    with django_db_blocker.unblock():
        migrated.begin_with_a_copy(pytestconfig.cache.mkdir("migrated"))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> Iterator[None]:
    """The database of all tests; transactional ones leave it at their end as they found it.

    For the whole session, because a test's own fixtures are torn down before its database is.
    """
    from django.test import TransactionTestCase

    from tests import clean_slate

    with django_db_blocker.unblock():
        fresh = clean_slate.remember()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: clean_slate.wipe(fresh))
        yield
    with django_db_blocker.unblock():
        clean_slate.end_other_connections()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests that look at pages: two Playwrights in one thread do not get along."""
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=BROWSER_PATIENCE_MS)
    # Playwright's loop runs in this thread, where Django would refuse to touch the database.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=CHROMIUM_FLAGS
        )
        new_context = opened.new_context

        def patient(**options: Any) -> BrowserContext:
            context = new_context(**options)
            context.set_default_timeout(BROWSER_PATIENCE_MS)
            return context

        opened.new_context = patient  # type: ignore[method-assign]
        yield opened
        opened.close()


@pytest.fixture
def forked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Engines of supervisors begin as forks: what they import takes longer than what most tests have them do."""
    from jobs.supervisor.spare_processes import SPARE_PROCESSES
    from tests.nursery import Standby

    monkeypatch.setattr(SPARE_PROCESSES, "take", Standby)


@pytest.fixture
def make_member(db: None) -> Callable[..., Member]:
    """Make a member by name; `admin=True` for an admin."""

    def make(username: str, *, admin: bool = False, password: str = "correct horse battery") -> Member:
        member = Member(username=username, is_superuser=admin, is_staff=admin)
        member.set_password(password)
        member.save()
        return member

    return make


@pytest.fixture
def admin(make_member: Callable[..., Member]) -> Member:
    return make_member("ada", admin=True)


@pytest.fixture
def reviewer(make_member: Callable[..., Member]) -> Member:
    return make_member("rob")


@pytest.fixture
def as_member() -> Callable[[Member], Client]:
    """A browser-like client that is signed in."""

    def sign_in(member: Member) -> Client:
        client = Client()
        client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


@pytest.fixture
def api_as() -> Callable[..., APIClient]:
    """An API client with a fresh token of the member."""

    def make(member: Member, *, scopes: tuple[str, ...] = ("admin",)) -> APIClient:
        from members.models import ApiToken

        token, plaintext = ApiToken.objects.create(user=member, name="test", scopes=list(scopes))
        client = APIClient()
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {plaintext}")
        return client

    return make
