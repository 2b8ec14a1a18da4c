"""Pages of strangers: read within limits, and never from a number that may not be called."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tests import pace
from tests.generation.research.site_server import SiteServer, gzip_bomb, page, serving
from web.net import ssrf
from web.net.page_fetch import FetchedPage, FetchError, FetchLimits, FetchRules, fetch
from web.net.ssrf import AddressRefusedError, Lookup, parse, pin

HTML = frozenset({"text/html", "text/plain"})


@pytest.fixture
def site() -> Iterator[SiteServer]:
    with serving() as running:
        yield running


def got(
    url: str, *, named: tuple[str, ...] = ("127.0.0.1",), limits: FetchLimits | None = None, **rules: Any
) -> FetchedPage:
    limits = limits or FetchLimits(total_s=60, wait_s=30, max_bytes=50_000)
    return fetch(url, rules=FetchRules("TestRobot/1.0", named=named, types=HTML, **rules), limits=limits)


def refused(url: str, **more: Any) -> str:
    with pytest.raises(FetchError) as error:
        got(url, **more)
    return error.value.code


def names(**numbers: Sequence[str]) -> Lookup:
    """A resolver; each answer of a name is used up, the last one stays."""
    left = {name.replace("_", "."): list(each) for name, each in numbers.items()}

    def lookup(host: str) -> list[str]:
        if host not in left:
            raise OSError("unknown")
        return [left[host].pop(0) if len(left[host]) > 1 else left[host][0]]

    return lookup


def test_a_page_comes_with_its_type_charset_and_bytes(site: SiteServer) -> None:
    site.put("/", page("Hello", "World"))

    fetched = got(f"{site.url}/")

    assert (fetched.status, fetched.content_type, fetched.charset) == (200, "text/html", "utf-8")
    assert fetched.body == page("Hello", "World")
    assert site.agents == {"TestRobot/1.0"}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("url", [
    "http://127.0.0.1/", "http://localhost/", "http://10.1.2.3/", "http://169.254.169.254/latest/meta-data/",
    "http://[::1]/", "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/",
    "http://[fec0::1]/", "http://224.0.0.1/", "http://0.0.0.0/", "http://2130706433/", "http://100.64.0.1/",
    "http://168.63.129.16/", "http://192.0.0.192/", "http://192.0.0.8/", "http://[64:ff9b:1::1]/", "http://[64:ff9b:1:abcd::a00:1]/",
    "http://[::ffff:168.63.129.16]/", "http://[64:ff9b::a83f:8110]/", "http://[100::1]/", "http://[3fff::1]/", "http://[5f00::1]/",
    "http://[::127.0.0.1]/", "http://[::ffff:0:10.0.0.1]/", "http://[4000::1]/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.1/",
    "http://１２７.0.0.1/", "http://127。0。0。1/",
])  # fmt: skip
def test_a_private_number_in_any_writing_is_never_called(url: str) -> None:
    assert refused(url, named=()) == "address"


@pytest.mark.parametrize("url", [
    "ftp://127.0.0.1/", "file:///etc/passwd", "http://a:b@127.0.0.1/", "http://[broken/", "http://[broken/#part", "//x",
    "http://127.0.0.1/a\x01b", "http://127.0.0.1/\x7f", "http://somewhere.example\\@127.0.0.1/",
    "gopher://127.0.0.1:6379/_INFO",
])  # fmt: skip
def test_what_is_no_plain_web_address_is_refused(url: str) -> None:
    assert refused(url) == "address"


def test_other_ports_than_those_of_the_web_are_refused_unless_the_host_is_named() -> None:
    assert refused("http://somewhere.example:22/", lookup=lambda host: ["93.184.216.34"]) == "port"


def test_a_redirect_to_a_private_number_is_refused_before_it_is_called(site: SiteServer) -> None:
    with serving() as inner:
        inner.put("/secret", b"secret")
        port = inner.url.rsplit(":", 1)[1]
        site.put("/", status=302, headers={"Location": f"http://inner.example:{port}/secret"})
        lookup = names(**{"127_0_0_1": ["127.0.0.1"], "inner_example": ["10.0.0.7"]})

        code = refused(f"{site.url}/", lookup=lookup)

        assert code == "address"
        assert not inner.asked


def test_a_name_that_is_pointed_elsewhere_between_two_hops_is_checked_again(site: SiteServer) -> None:
    port = site.url.rsplit(":", 1)[1]
    site.put("/", status=302, headers={"Location": "/again"})
    site.put("/again", page("Never", "read"))
    lookup = names(rebound_example=["127.0.0.1", "10.0.0.7"])

    code = refused(f"http://rebound.example:{port}/", named=("127.0.0.1", f"x:{port}"), lookup=lookup)

    assert code in ("address", "port")
    assert site.asked["/again"] == 0


def test_the_connection_goes_to_the_number_that_was_checked(site: SiteServer) -> None:
    port = site.url.rsplit(":", 1)[1]
    site.put("/", page("Pinned", "here"))
    asked: list[str] = []

    def lookup(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    fetched = got(f"http://only-here.example:{port}/", named=(f"only-here.example:{port}",), lookup=lookup)

    assert fetched.status == 200
    assert asked == ["only-here.example"]


def test_a_name_with_one_private_number_among_public_ones_is_refused() -> None:
    with pytest.raises(AddressRefusedError, match=r"10\.0\.0\.1"):
        pin(
            parse("http://mixed.example/", may_have_query=True),
            private_hosts=(),
            lookup=lambda _: ["93.184.216.34", "10.0.0.1"],
        )


def test_a_circle_of_redirects_and_a_long_row_of_them_end(site: SiteServer) -> None:
    site.put("/a", status=301, headers={"Location": "/b"})
    site.put("/b", status=301, headers={"Location": "/a#elsewhere"})
    for n in range(9):
        site.put(f"/row{n}", status=307, headers={"Location": f"/row{n + 1}"})

    assert refused(f"{site.url}/a") == "loop"
    assert refused(f"{site.url}/row0") == "too_many_redirects"
    assert sum(site.asked[f"/row{n}"] for n in range(10)) == 6


def test_permission_is_asked_before_each_hop(site: SiteServer) -> None:
    site.put("/open", status=302, headers={"Location": "/closed"})

    def may_go(url: str) -> None:
        if url.endswith("/closed"):
            raise FetchError("robots", "no")

    assert refused(f"{site.url}/open", may_go=may_go) == "robots"
    assert site.asked == {"/open": 1}


def test_a_body_that_is_too_long_is_left(site: SiteServer) -> None:
    site.put("/", b"x" * 50_001)

    assert refused(f"{site.url}/") == "too_large"


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("packed", [gzip.compress, zlib.compress])
def test_packed_pages_are_unpacked(site: SiteServer, packed: Any) -> None:
    site.put(
        "/",
        packed(page("Small", "world")),
        headers={"Content-Encoding": "gzip" if packed is gzip.compress else "deflate"},
    )

    assert got(f"{site.url}/").body == page("Small", "world")


@pytest.mark.slow
def test_a_page_that_unpacks_to_half_a_gibibyte_is_left_early(site: SiteServer) -> None:
    site.put("/", gzip_bomb(512), headers={"Content-Encoding": "gzip"})

    with pace.within(2):
        code = refused(f"{site.url}/", limits=FetchLimits(total_s=120, wait_s=60, max_bytes=1_000_000))

    assert code == "too_large"


@pytest.mark.parametrize(("body", "encoding"), [(b"no gzip at all", "gzip"), (b"x", "br")])
def test_packing_that_was_not_asked_for_or_is_broken_is_refused(site: SiteServer, body: bytes, encoding: str) -> None:
    site.put("/", body, headers={"Content-Encoding": encoding})

    assert refused(f"{site.url}/") == "encoding"


@pytest.mark.slow
def test_a_server_that_sends_a_byte_at_a_time_is_left_at_the_deadline(site: SiteServer) -> None:
    site.put("/", b"x" * 1000, drip_s=0.05)
    began = time.monotonic()

    code = refused(f"{site.url}/", limits=FetchLimits(total_s=0.6, wait_s=0.5))

    assert code == "time"
    # Of the 50 s that the whole page would take.
    assert time.monotonic() - began < 25


def test_other_types_are_refused_with_their_name(site: SiteServer) -> None:
    site.put("/", b"%PDF-1.7", content_type="application/pdf")

    with pytest.raises(FetchError, match="It is a PDF; only text/html, text/plain are read"):
        got(f"{site.url}/")


def test_a_status_that_is_no_page_comes_without_its_body(site: SiteServer) -> None:
    fetched = got(f"{site.url}/missing")

    assert (fetched.status, fetched.body) == (404, b"")


def test_headers_for_one_host_are_not_carried_to_another(site: SiteServer) -> None:
    with serving() as other:
        other.put("/", b"x")
        site.put("/", status=302, headers={"Location": other.url.replace("127.0.0.1", "localhost") + "/"})

        got(
            f"{site.url}/",
            named=("127.0.0.1", "localhost"),
            lookup=lambda _: ["127.0.0.1"],
            headers={"Authorization": "Bearer k"},
        )

        assert site.authorizations == ["Bearer k"]
        assert other.authorizations == [""]


@pytest.mark.slow
def test_nobody_listening_is_a_connection_that_failed() -> None:
    assert refused("http://127.0.0.1:9/") == "connection"


def test_a_name_server_that_never_answers_is_waited_for_a_while_only(monkeypatch: pytest.MonkeyPatch) -> None:
    is_over = threading.Event()

    def never(*args: Any, **more: Any) -> None:
        is_over.wait(250)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", never)
    monkeypatch.setattr(ssrf, "LOOKUP_S", 0.05)

    with pytest.raises(AddressRefusedError, match="is not known") as refused_:
        pin(parse("http://slow.example/", may_have_query=True), private_hosts=())

    assert refused_.value.is_unknown
    assert not is_over.is_set()
    is_over.set()


@pytest.mark.parametrize(
    "location", ["/broken\x7f", "http://b\u00fccher..example/", "http://300.1.1.1/", "http://[broken/"]
)
def test_a_redirect_to_what_is_no_address_ends_this_page_alone(site: SiteServer, location: str) -> None:
    port = site.url.rsplit(":", 1)[1]
    site.put("/", status=302, headers={"Location": location.encode().decode("latin-1")})

    code = refused(f"http://named.example:{port}/", named=(f"named.example:{port}",), lookup=lambda _: ["127.0.0.1"])

    assert code in ("address", "connection", "port")


@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_a_redirect_to_raw_letters_beyond_ascii_is_followed(site: SiteServer, charset: str) -> None:
    site.put("/", status=301, headers={"Location": "/über-uns".encode(charset).decode("latin-1")})
    site.put("/%C3%BCber-uns", page("About", "us"))

    assert got(f"{site.url}/").status == 200


def test_an_international_name_is_called_by_its_name_in_ascii(site: SiteServer) -> None:
    port = site.url.rsplit(":", 1)[1]
    site.put("/", page("Books", "here"))
    looked_up: list[str] = []

    def lookup(host: str) -> list[str]:
        looked_up.append(host)
        return ["127.0.0.1"]

    fetched = got(f"http://B\u00fccher.example:{port}/", named=(f"xn--bcher-kva.example:{port}",), lookup=lookup)

    assert (fetched.status, looked_up) == (200, ["xn--bcher-kva.example"])
