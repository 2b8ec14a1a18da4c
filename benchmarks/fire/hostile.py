"""Kinds of hostility: what each makes of a good body, or of a whole request. Seeded; knows no route."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Callable
from random import Random
from urllib.parse import quote

from benchmarks.fire.values import TEXTS

DEEP, BOMB_BYTES = 100_000, 64 << 20
Head = list[tuple[bytes, bytes]]
# What a hostility makes of a good body: a head to add, and the bytes that follow it.
Made = tuple[Head, bytes]
JSON = (b"Content-Type", b"application/json")
FORM = (b"Content-Type", b"multipart/form-data; boundary=edge")


def truncated(body: bytes, draw: Random) -> Made:
    whole = body if len(body) > 4 else b'{"name": ["x", {"y": "z"}]}'
    return [JSON], whole[: draw.randrange(1, len(whole))]


def wrong_type(body: bytes, draw: Random) -> Made:
    kinds = (b"text/xml", b"image/png", b"multipart/form-data", b"application/json; charset=nonsense", b"", b"/", b"\xff\xfe",
             b"application/json; charset=utf-16", b"application/x-www-form-urlencoded; charset=utf-7", b"multipart/form-data; boundary=",
             b"multipart/form-data; boundary=" + b"x" * 5000, b"multipart/mixed; boundary=edge", b"text/csv", b"application/json" * 99)  # fmt: skip
    return [(b"Content-Type", draw.choice(kinds))], body


def deep(body: bytes, draw: Random) -> Made:
    shapes = (
        b"[" * DEEP,
        b'{"a":' * DEEP,
        b'{"note":' + b"[" * 900 + b"]" * 900 + b"}",
        b"[" * 5000 + b"]" * 5000,
        b'{"name":{"a":' * 90,
    )
    return [JSON], draw.choice(shapes)


def huge_number(body: bytes, draw: Random) -> Made:
    number = draw.choice(
        (b"9" * 5000, b"1e999", b"-1e400", b"1" + b"0" * 30, b"9223372036854775808", b"1e-400", b"0." + b"1" * 9000)
    )
    return [JSON], _in_fields(body, draw, number)


def no_number(body: bytes, draw: Random) -> Made:
    return [JSON], _in_fields(
        body, draw, draw.choice((b"NaN", b"Infinity", b"-Infinity", b"0x10", b"01", b"+1", b".5", b"1_0"))
    )


def nul(body: bytes, draw: Random) -> Made:
    text = draw.choice((rb'"a\u0000b"', b'"a\x00b"', rb'["\u0000"]', rb'{"\u0000": "x"}'))
    return [JSON], draw.choice((_in_fields(body, draw, text), b"\x00" + body, body + b"\x00", rb'{"na\u0000me": 1}'))


def surrogate(body: bytes, draw: Random) -> Made:
    text = draw.choice((rb'"\ud800"', rb'"x\udfff"', rb'["\udc00"]', rb'{"\ud800": 1}', b'"\xed\xa0\x80"'))
    return [JSON], _in_fields(body, draw, text)


def not_utf8(body: bytes, draw: Random) -> Made:
    raw = draw.choice((b'"\xff\xfe"', b'"\xc3\x28"', b'"\xf8\x88\x80\x80\x80"', b'"\xc0\xaf"'))
    made = (_in_fields(body, draw, raw), body.decode().encode("utf-16"), b"\xef\xbb\xbf" + body, b"\xff" * 500)
    return [draw.choice((JSON, FORM, (b"Content-Type", b"application/x-www-form-urlencoded")))], draw.choice(made)


def odd_json(body: bytes, draw: Random) -> Made:
    return [JSON], draw.choice(
        (b"", b" ", b"null", b"[]", b"7", b'"x"', b"true", b'{"a":1,"a":2}', body + body, b"{}" * 9, b"[" + body + b"]")
    )


def bomb(body: bytes, draw: Random) -> Made:
    coding = draw.choice((b"gzip", b"deflate", b"br", b"gzip, gzip"))
    packed = _BOMB if coding.startswith(b"gzip") else zlib.compress(bytes(1 << 20))
    return [draw.choice((JSON, FORM)), (b"Content-Encoding", coding)], packed


def odd_file(body: bytes, draw: Random) -> Made:
    names = (b"../../../../etc/passwd", b"/etc/cron.d/x", b"..\\..\\x", b"a\x00b.csv", b"x" * 5000, b"", b".", b"..", b"\xff\xfe.csv", b"%2e%2e%2fx",
             b'x".csv', b"con", b"\xe2\x80\xaegpj.csv", b"x.xlsx", b"x.parquet", b"x.jsonl", b"x.json", b"x.arrow", b"x.zip", b"x.csv.gz")  # fmt: skip
    contents = (b"company\nAcme\n", b"", b"\x00" * 300, b"\xff" * 300, _BOMB[:5000], b"PK\x03\x04" + b"\x00" * 90, b'"' * 900, b"PAR1" + b"\xff" * 99 + b"PAR1",
                b"a," * 20_000, b"company\n" + b"x" * 200_000, b'{"company": 1e999}\n{"company": NaN}\n', b"company;\xe9\n\xff;\n", b"\n" * 5000)  # fmt: skip
    field = draw.choice((b"file", b"file", b"file", b"rows", b"\x00", b"fi\r\nle"))
    part = b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\n\r\n%s\r\n' % (
        field,
        draw.choice(names),
        draw.choice(contents),
    )
    others = b"".join(
        b'--edge\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n' % pair for pair in _fields(body)
    )
    return [FORM], others + part * draw.choice((1, 1, 1, 2, 150)) + b"--edge--\r\n"


def odd_form(body: bytes, draw: Random) -> Made:
    head = b"--edge\r\nContent-Disposition: form-data"
    forms = (head, head + b'; name="a"\r\n\r\nx', b"--edge--", b"\r\n" * 900, head + b"\r\n\r\nx\r\n--edge--\r\n",
             head + b'; name="file"; filename*=utf-8\'\'%ff%00\r\n\r\nx\r\n--edge--\r\n', (head + b'; name="a"\r\n\r\nx\r\n') * 1500 + b"--edge--\r\n",
             head + b'; name="a"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--edge--\r\n', head + b"; name=" + b"x" * 70_000,
             head + b'; name="a"\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx\r\n--edge--\r\n',
             head + b'; name="file"; filename="a"\r\nContent-Type: multipart/mixed; boundary=edge\r\n\r\n--edge\r\n\r\n--edge--\r\n')  # fmt: skip
    return [FORM], draw.choice(forms)


def odd_fields(body: bytes, draw: Random) -> Made:
    name, good = draw.choice(_fields(body) or [(b"name", b"x")])
    raw = (b"%00", b"%", b"%zz", b"%ff", b"%ed%a0%80", b"9" * 5000, b"x" * 100_000, b"-1", b"")
    text = quote(draw.choice(TEXTS), errors="surrogatepass").encode()
    value = draw.choice((text, text, text, draw.choice(raw), quote(good).encode()))
    others = b"".join(b"&%s=%s" % (key, quote(each).encode()) for key, each in _fields(body) if key != name)
    pair = b"%s=%s" % (name, value)
    pairs = draw.choice((pair, pair, pair, pair + b"&" + pair + b"x", b"&".join([b"f=1"] * 5000), b"&&==&", b"=%00"))
    return [(b"Content-Type", b"application/x-www-form-urlencoded")], pairs + others


def odd_head(body: bytes, draw: Random) -> Made:
    texts = [text.encode("utf-8", "surrogatepass").replace(b"\r\n", b"").replace(b"\n", b"") for text in TEXTS]
    names = (b"Cookie", b"Authorization", b"Accept", b"If-Match", b"Range", b"X-Forwarded-For", b"X-Forwarded-Proto", b"Idempotency-Key", b"Referer",
             b"If-Modified-Since", b"Accept-Language", b"Accept-Encoding", b"Origin", b"X-Requested-With", b"HX-Current-URL", b"HX-Request", b"HX-Target",
             b"Last-Event-ID", b"Upgrade", b"Expect", b"Content-Language", b"X-HTTP-Method-Override", b"Traceparent", b"X-Request-ID", b"Host")  # fmt: skip
    name = draw.choice(names)
    starts = {
        b"Cookie": (b"sessionid=", b"csrftoken=", b"messages=", b""),
        b"Authorization": (b"Bearer ", b"Basic ", b"Token ", b""),
    }
    start = draw.choice(starts.get(name, (b"",)))
    return [
        JSON,
        (name, start + draw.choice((*texts, b"x" * 30_000, b"\x80\xff", b",,,;;;===", b'"', b"bytes=0-,-1"))),
    ], body


SHAPES: tuple[Callable[[bytes, Random], Made], ...] = (
    truncated, wrong_type, deep, huge_number, no_number, nul, surrogate, not_utf8, odd_json, bomb, odd_file, odd_form, odd_fields, odd_head,
)  # fmt: skip

# Those that a page's own form may be sent with.
OF_FORMS = (odd_file, odd_form, odd_fields, not_utf8)


def wrong_length(body: bytes, draw: Random) -> bytes:
    length = draw.choice(
        (
            b"%d" % (len(body) + 50),
            b"0",
            b"1",
            b"-1",
            b"x",
            b"+5",
            b"9" * 30,
            b"5, 5",
            b"",
            b"0x10",
            b"5\r\nContent-Length: 6",
        )
    )
    return b"Content-Type: application/json\r\nContent-Length: " + length + b"\r\n\r\n" + body


def bad_chunks(body: bytes, draw: Random) -> bytes:
    good = b"%x\r\n%s\r\n" % (len(body), body)
    parts = (b"zz\r\nx\r\n0\r\n\r\n", b"-1\r\nx\r\n", b"f" * 40 + b"\r\nx", b"5\r\nab", good, good + b"0\r\nX: y\r\n\r\n", b"1;" + b"e" * 90_000 + b"\r\nx\r\n0\r\n\r\n",
             good + b"0\r\n\r\nrubbish", b"\r\n\r\n", b"1\r\nx" * 500, b"0\r\n\r\n")  # fmt: skip
    codings = (
        b"chunked",
        b"gzip, chunked",
        b"xchunked",
        b"chunked\r\nContent-Length: 3",
        b"chunked, identity",
        b"identity",
        b"Chunked",
    )
    return (
        b"Content-Type: application/json\r\nTransfer-Encoding: "
        + draw.choice(codings)
        + b"\r\n\r\n"
        + draw.choice(parts)
    )


def huge_head(body: bytes, draw: Random) -> bytes:
    heads = (b"X: " + b"x" * 300_000 + b"\r\n", b"X: y\r\n" * 5000, b"x" * 70_000 + b": y\r\n", b"X: \x00\r\n", b"no colon\r\n", b": x\r\n", b" folded: x\r\n",
             b"X: a\r\n b\r\n", b"X : y\r\n", b"Cookie: " + b"a=b; " * 9000 + b"\r\n", b"X: y\n", b"\r\r\n")  # fmt: skip
    return draw.choice(heads) + b"Content-Length: 0\r\n\r\n"


BROKEN: tuple[Callable[[bytes, Random], bytes], ...] = (wrong_length, bad_chunks, huge_head)
LINES = (
    b"GET", b"GET /", b"GET / HTTP/9.9", b"GET / HTTP/1.0", b"GET  /  HTTP/1.1", b"G\x00T / HTTP/1.1", b"GET /%00 HTTP/1.1", b"GET /%ff%fe/ HTTP/1.1",
    b"GET /../../etc/passwd HTTP/1.1", b"GET /static/../../../etc/passwd HTTP/1.1", b"GET /static/%2e%2e/%2e%2e/etc/passwd HTTP/1.1", b"OPTIONS * HTTP/1.1",
    b"GET /" + b"x" * 200_000 + b" HTTP/1.1", b"GET http://evil.example/ HTTP/1.1", b"CONNECT evil.example:443 HTTP/1.1", b"TRACE / HTTP/1.1", b"\xff\xfe\x00",
    b"GET //evil.example/ HTTP/1.1", b"GET /%0d%0aX:y/ HTTP/1.1", b"GET /static/%00.css HTTP/1.1", b"PRI * HTTP/2.0", b"GET /tasks/\xed\xa0\x80/ HTTP/1.1",
    b"\x16\x03\x01\x02\x00\x01\x00", b"GETT / HTTP/1.1", b"HEAD /accounts/login/?next=%00//evil HTTP/1.1", b"GET /static/" + b"a/" * 3000 + b" HTTP/1.1",
    b"GET /accounts/login/?next=http://[::1 HTTP/1.1", b"GET /accounts/login/?%ff=%ed%a0%80 HTTP/1.1", b"GET /static/%ed%a0%80.js HTTP/1.1", b"PROPFIND / HTTP/1.1",
)  # fmt: skip
_BOMB = gzip.compress(bytes(BOMB_BYTES))
IN_A_QUERY = (
    b"%00",
    b"%ff",
    b"%ed%a0%80",
    b"9" * 30,
    b"-1",
    b"NaN",
    b"%27",
    b"[]",
    b"x" * 9000,
    b"1e999",
    b"%d9%a3",
    b"1_0",
    b"",
)


def _fields(body: bytes) -> list[tuple[bytes, bytes]]:
    return [(str(key).encode(), str(value).encode()) for key, value in json.loads(body).items()]


def _in_fields(body: bytes, draw: Random, raw: bytes) -> bytes:
    """The object with the raw value in the place of one field's, or of a few that many endpoints have."""
    fields = json.loads(body) or dict.fromkeys(("name", "count", "id", "note", "limit"), 1)
    wanted = {draw.choice(sorted(fields))} if draw.random() < 0.8 else set(fields)
    return (
        b"{"
        + b", ".join(
            json.dumps(key).encode() + b": " + (raw if key in wanted else json.dumps(each).encode())
            for key, each in fields.items()
        )
        + b"}"
    )
