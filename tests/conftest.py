"""What every test may use: members of each role, an API client, and the rule for outside data."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_django
from django.test import Client
from rest_framework.test import APIClient

from members.models import Member
from tests import left_out, passes, postgresql_list
from tests.around_each import _engines_leave_nothing, pytest_runtest_setup, pytest_runtest_teardown  # noqa: F401
from tests.left_out import keep, pytest_pycollect_makemodule, pytest_runtest_makereport  # noqa: F401
from web.process import late_install

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

PASS = os.environ.get("TEST_PASS", "")
CHROMIUM_FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
]  # fmt: skip

# What a page shows in the end is waited for this long: another pass may have the other cores.
BROWSER_PATIENCE_MS = 60_000

# Objects that come beside those that go; Python's own is 700.
GARBAGE_LOOKED_FOR_EVERY = 10_000


def pytest_configure(config: pytest.Config) -> None:
    """Keep what is compiled, here and in processes of tests: some images ask Python not to,
    and each start then compiles anew.
    """
    sys.dont_write_bytecode = False
    # An install of this environment that failed, as without torch, is none of the tests'.
    late_install.RECORD = "no-record-for-tests.json"
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    # What is imported and collected stays: to look through it for garbage again and again is a quarter of that work.
    gc.disable()
    if os.environ.get("TEST_STATEMENTS"):
        config.pluginmanager.register(postgresql_list.Recorder(PASS))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Read no file of which a pass runs no test: importing it takes longer than many tests."""
    is_read = not PASS or not collection_path.match("test_*.py") or not passes.is_left_unread(collection_path, PASS)
    return None if is_read else True


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """Leave what is imported and collected out of every later collection of garbage, and let those come less often."""
    gc.freeze()
    gc.set_threshold(GARBAGE_LOOKED_FOR_EVERY)
    gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Keep the tests of this pass; tours first, for they wait longest, and browsers last.

    The event loop of browsers stays in this thread, where `asyncio.run` refuses.
    """
    left_out.deselect_outside_data(config, items)
    left_out.deselect_servers_of_the_field(config, items)
    if PASS:
        passes.refuse_hidden_marks(items)
        keep(config, items, [item for item in items if PASS in passes.passes_of_item(item)])
    if os.environ.get("TEST_NO_DATABASE"):
        keep(config, items, [item for item in items if not passes.touches_database(item)])
    left_out.deselect_what_needs_torch(config, items)
    items.sort(key=lambda item: ("browser" in getattr(item, "fixturenames", ()), not item.path.match("tour/*")))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Begin no test once the pass had its time, and note those that had no turn."""
    if not passes.had_its_time():
        return None
    left_out.note("no-turn", [f"{item.session.items.index(item):06} {item.nodeid}"])
    return True


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
