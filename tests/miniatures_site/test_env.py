"""Settings from the environment are refused with words a person understands."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError
from kombu.utils.url import parse_url

from miniatures_site.management.commands import up
from miniatures_site.settings import env, stores
from web.process import embedded_redis


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("YES", True), ("off", False), ("", False)])
def test_a_flag_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("A_FLAG", raw)

    assert env.flag("A_FLAG", default=True) is value


@pytest.mark.parametrize(
    ("read", "raw", "said"),
    [
        (lambda: env.flag("IT", default=True), "maybe", "IT is 'maybe'; write 1 or 0."),
        (lambda: env.number("IT", 5), "many", "IT is 'many'; write a number, such as 5."),
        (lambda: env.number("IT", 5, minimum=1), "0.5", "IT is 0.5; it must be at least 1."),
        (lambda: env.number("IT", 0.1, maximum=0.25), "0.5", "IT is 0.5; it must be at most 0.25."),
    ],
)
def test_a_wrong_value_is_named_with_what_is_wanted(monkeypatch: pytest.MonkeyPatch, read, raw: str, said: str) -> None:
    monkeypatch.setenv("IT", raw)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read()

    assert str(refusal.value) == said


def test_a_database_that_is_neither_sqlite_nor_postgresql_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="sqlite:// or postgres://"):
        stores.database("mysql://user@host/name")


@pytest.mark.parametrize("name", ["my miniatures", "C# and ?", "100%25"])
def test_a_folder_may_be_called_anything(name: str) -> None:
    var = Path("/home") / name
    socket = parse_url(embedded_redis.broker_url(var))

    assert stores.database(stores.sqlite_url(var / "db.sqlite3"))["NAME"] == str(var / "db.sqlite3")
    assert f"/{socket['virtual_host']}" == str(var / "run" / "redis.sock")


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_production_names_the_variable_it_misses(missing: str, tmp_path) -> None:
    full = {
        "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "app.example", "DATABASE_URL": f"sqlite:///{tmp_path}/db",
        "REDIS_URL": "redis://127.0.0.1:6379/0", "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod",
        "VAR_DIR": str(tmp_path), "PATH": os.environ["PATH"],
    }  # fmt: skip
    del full[missing]

    told = subprocess.run(
        [sys.executable, "-c", "import django; django.setup()"], env=full, capture_output=True, text=True, check=False
    )

    assert told.returncode != 0
    assert f"The environment variable {missing} is not set." in told.stderr


def test_a_machine_without_the_sinks_library_is_told_what_to_install(monkeypatch) -> None:
    up.refuse_without_sink()
    monkeypatch.setitem(sys.modules, "aiosmtpd", None)

    with pytest.raises(CommandError, match=r"miniatures\[demo\]"):
        up.refuse_without_sink()


def test_a_machine_without_any_broker_is_told_what_to_install(monkeypatch) -> None:
    monkeypatch.delenv("BROKER_URL", raising=False)
    monkeypatch.setattr(embedded_redis, "server_binary", lambda: None)
    up.refuse_without_broker()
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)

    with pytest.raises(CommandError, match=r"miniatures\[embedded\]"):
        up.refuse_without_broker()

    monkeypatch.setenv("BROKER_URL", "redis://elsewhere:6379/0")
    up.refuse_without_broker()
