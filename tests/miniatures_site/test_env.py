"""Settings from the environment are refused with words a person understands."""

import os
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from kombu.utils.url import parse_url

from miniatures_site.settings import env, stores
from web.process import embedded_redis


@pytest.mark.parametrize(("raw", "value"), [("1", True), ("YES", True), ("off", False), ("", True)])
def test_a_flag_reads_yes_and_no(monkeypatch: pytest.MonkeyPatch, raw: str, value: bool) -> None:
    monkeypatch.setenv("A_FLAG", raw)

    assert env.flag("A_FLAG", default=True) is value


@pytest.mark.parametrize(
    ("read", "raw", "said"),
    [
        (lambda: env.flag("IT", default=True), "maybe", "IT is 'maybe'; write 1 or 0."),
        (lambda: env.number("IT", 5), "many", "IT is 'many'; write a number, such as 5."),
        (lambda: env.number("IT", 5), "nan", "IT is 'nan'; write a number, such as 5."),
        (lambda: env.number("IT", 5), "inf", "IT is 'inf'; write a number, such as 5."),
        (lambda: env.number("IT", 5, minimum=1), "0.5", "IT is 0.5; it must be at least 1."),
        (lambda: env.number("IT", 0.1, maximum=0.25), "0.5", "IT is 0.5; it must be at most 0.25."),
    ],
)
def test_a_wrong_value_is_named_with_what_is_wanted(monkeypatch: pytest.MonkeyPatch, read, raw: str, said: str) -> None:
    monkeypatch.setenv("IT", raw)

    with pytest.raises(ImproperlyConfigured) as refusal:
        read()

    assert str(refusal.value) == said


@pytest.mark.parametrize("raw", ["", "  "])
def test_an_empty_variable_counts_as_unset(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("IT", raw)

    assert env.text("IT", "usual") == "usual"
    assert env.number("IT", 25) == 25
    assert env.words("IT", "a,b") == ["a", "b"]
    assert env.flag("IT", default=True)


def test_a_database_that_is_neither_sqlite_nor_postgresql_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match="sqlite:// or postgres://"):
        stores.database("mysql://user@host/name")


@pytest.mark.parametrize("raw", [",", "a.example b.example", "https://a.example, a.example:8443", "a.example/x", "::1"])
def test_hosts_that_no_request_could_name_are_refused(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("IT", raw)

    with pytest.raises(ImproperlyConfigured, match=r"write names alone, .*\[::1\]"):
        env.hosts("IT")


def test_hosts_are_names_numbers_and_all_below_a_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IT", " a.example , ::1,.b.example, *.a.example,10.0.0.1,[::1],*,a.example:443,")

    assert env.hosts("IT") == ["a.example", ".b.example", "10.0.0.1", "[::1]", "*"]


@pytest.mark.parametrize(
    "raw", ["hooks.example/secret", "web:8000/secret", "ftp://a.example/secret", "https:///secret"]
)
def test_an_address_that_is_none_is_refused_without_its_path(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("IT", raw)

    with pytest.raises(ImproperlyConfigured, match="IT cannot be used as a web address") as refusal:
        env.web_address("IT")

    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("raw", ["http://[2001:db8::7]:8000", "HTTPS://App.example/hook/"])
def test_an_address_stays_as_it_is_written(monkeypatch: pytest.MonkeyPatch, raw: str) -> None:
    monkeypatch.setenv("IT", raw)

    assert env.web_address("IT") == raw


@pytest.mark.parametrize("url", ["localhost:6379", "http://redis:6379", "amqp://redis"])
def test_an_address_that_is_no_redis_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL is not an address such as redis://"):
        stores.redis_location(url)


@pytest.mark.parametrize(
    "password", ["se#cret", "se/cret", "se?cret", "12#3", "12/3", "12?3", "p@se/cret", "p@se?cret"]
)
def test_a_password_that_breaks_an_address_is_told_without_a_part_of_it(password: str) -> None:
    for read, url in ((stores.database, "postgres://m:{}@db/m"), (stores.redis_location, "redis://:{}@redis:6379/0")):
        with pytest.raises(ImproperlyConfigured, match="In a password write %23 for #") as refusal:
            read(url.format(password))

        assert "'se'" not in "".join(traceback.format_exception(refusal.value))


def test_a_redis_without_a_number_is_refused_where_its_password_cuts_it() -> None:
    with pytest.raises(ImproperlyConfigured, match="%40 for @"):
        stores.redis_location("redis://:p@ss/x@host")

    assert stores.redis_location("redis://:p%40ss%2Fx@host") == "redis://:p%40ss%2Fx@host"


@pytest.mark.parametrize("rest", ["db?application_name=web@host1", "a@b"])
def test_an_at_sign_after_the_host_breaks_no_address(rest: str) -> None:
    assert stores.database(f"postgres://u:p@h/{rest}")["HOST"] == "h"
    assert stores.redis_location("redis://h/0?client_name=a@b") == "redis://h/0?client_name=a@b"


@pytest.mark.parametrize("name", ["my miniatures", "C# and ?", "100%25"])
def test_a_folder_may_be_called_anything(name: str) -> None:
    var = Path("/home") / name
    socket = parse_url(embedded_redis.broker_url(var))

    assert stores.database(stores.sqlite_url(var / "db.sqlite3"))["NAME"] == str(var / "db.sqlite3")
    assert f"/{socket['virtual_host']}" == str(var / "run" / "redis.sock")


def production(var: Path, settings: str = "prod") -> dict[str, str]:
    """Variables of an installation, with nothing of this process but its programs."""
    return {
        "SECRET_KEY": "x" * 60, "ALLOWED_HOSTS": "app.example", "DATABASE_URL": f"sqlite:///{var}/db",
        "REDIS_URL": "redis://127.0.0.1:6379/0", "DJANGO_SETTINGS_MODULE": f"miniatures_site.settings.{settings}",
        "VAR_DIR": str(var), "PATH": os.environ["PATH"],
    }  # fmt: skip


def set_up(environment: dict[str, str], then: str = "") -> subprocess.CompletedProcess[str]:
    """Set Django up with these variables alone, in a process of its own, and run some lines there."""
    lines = f"import django; django.setup()\n{then}"
    return subprocess.run([sys.executable, "-c", lines], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"LOG_LEVEL": "info"}, "LOG_LEVEL is 'info'; write one of: DEBUG, INFO, WARNING"),
        ({"EMAIL_USE_TLS": "1", "EMAIL_USE_SSL": "1"}, "EMAIL_USE_TLS and EMAIL_USE_SSL are both on."),
        ({"ALLOWED_HOSTS": "a.example b.example"}, "ALLOWED_HOSTS holds 'a.example b.example'; write names alone"),
        ({"SITE_URL": "app.example"}, "SITE_URL cannot be used as a web address; write one such as https://"),
    ],
)
def test_what_could_not_work_later_is_refused_at_the_start(given: dict[str, str], words: str, tmp_path) -> None:
    told = set_up({**production(tmp_path), **given})

    assert told.returncode != 0
    assert words in told.stderr


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("missing", ["SECRET_KEY", "ALLOWED_HOSTS", "DATABASE_URL", "REDIS_URL"])
def test_production_names_the_variable_it_misses(missing: str, tmp_path) -> None:
    full = production(tmp_path)
    del full[missing]

    told = set_up(full)

    assert told.returncode != 0
    assert f"The environment variable {missing} is not set." in told.stderr


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("settings", ["prod", "dev"])
def test_what_was_sealed_under_an_earlier_key_named_in_the_environment_is_still_read(settings: str, tmp_path) -> None:
    ask = """
from django.conf import settings
from django.test import override_settings
from web import encryption
with override_settings(SECRET_KEY="earlier" * 9):
    sealed = encryption.encrypt("kept")
print(encryption.decrypt(sealed), settings.SECRET_KEY_FALLBACKS)
"""
    named = {"SECRET_KEY_FALLBACKS": f"{'before' * 9}, {'earlier' * 9}"}

    told = set_up({**production(tmp_path, settings), **named}, ask)

    assert told.stdout == f"kept {['before' * 9, 'earlier' * 9]}\n", told.stderr


@pytest.mark.slow
def test_a_key_that_a_full_disk_left_empty_is_made_again(tmp_path) -> None:
    without_key = production(tmp_path, "dev")
    del without_key["SECRET_KEY"]
    (tmp_path / "secret-key").touch()

    told = set_up(without_key, "from django.conf import settings; print(settings.SECRET_KEY)")

    assert len(told.stdout.strip()) > 50, told.stderr
    assert (tmp_path / "secret-key").read_text() == told.stdout.strip()


@pytest.mark.slow
def test_data_that_cannot_be_used_are_told_in_a_sentence(tmp_path) -> None:
    (tmp_path / "file").touch()
    without_key = production(tmp_path / "file" / "var", "dev")
    del without_key["SECRET_KEY"]

    told = set_up(without_key)

    assert "ImproperlyConfigured: The folder of data" in told.stderr
    assert "cannot be used: Not a directory. Give it to this account, or name another in VAR_DIR." in told.stderr


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("host", "name"), [("192.0.2.7", "192.0.2.7"), ("2001:db8::7", "[2001:db8::7]")])
def test_one_machine_answers_to_the_name_it_listens_at(host: str, name: str, tmp_path) -> None:
    listening = {**production(tmp_path, "dev"), "HOST": host}
    del listening["ALLOWED_HOSTS"]

    told = set_up(listening, "from django.conf import settings; print(settings.ALLOWED_HOSTS)")

    assert told.stdout == f"{['localhost', '127.0.0.1', '[::1]', name]}\n"
