"""What the checks of a sender's domain find, asked of a DNS server on this machine."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns.senders.dns_lookups import DnsLookups
from campaigns.senders.domain_checks import findings_of, is_real, organisational_domain
from campaigns.senders.findings import Finding
from tests.campaigns.dns_server import FAILS, SILENT, dns_server

GOOD: dict[str, Any] = {
    "acme.com TXT": ['"site=1"', '"v=spf1 include:_spf.mail.net " "-all"'],
    "_spf.mail.net TXT": ['"v=spf1 ip4:192.0.2.0/24 ~all"'],
    "s1._domainkey.acme.com TXT": ['"v=DKIM1; k=rsa; p=MIIB"'],
    "_dmarc.acme.com TXT": ['"v=DMARC1; p=reject; rua=mailto:d@acme.com"'],
    "acme.com MX": ["20 b.acme.com.", "10 a.acme.com."],
}


def found(
    changed: dict[str, Any] | None = None,
    *,
    domain: str = "acme.com",
    replies: str = "",
    selector: str = "s1",
    **limits: float,
) -> dict[str, Finding]:
    """The findings by check, where the good records are changed so."""
    records = {name: held for name, held in {**GOOD, **(changed or {})}.items() if held is not None}
    with dns_server(records) as server:
        lookups = DnsLookups(server.address, **limits)
        found = findings_of(
            lookups, from_address=f"a@{domain}", reply_address=f"r@{replies or domain}", dkim_selector=selector
        )
    return {each.check: each for each in found}


def test_a_domain_with_all_records_is_good() -> None:
    checks = found()

    assert {name: check.state for name, check in checks.items()} == dict.fromkeys(("SPF", "DKIM", "DMARC", "MX"), "ok")
    assert checks["SPF"].records == ("v=spf1 include:_spf.mail.net -all",)
    assert checks["SPF"].message == "One record, 1 of at most 10 lookups."
    assert "refused (p=reject)" in checks["DMARC"].message
    assert checks["MX"].records == ("a.acme.com", "b.acme.com")
    assert all(not check.add for check in checks.values())


def test_what_is_missing_comes_with_the_record_to_add() -> None:
    checks = found(dict.fromkeys(GOOD))

    assert {check.state for check in checks.values()} == {"missing"}
    assert {check.add for check in checks.values()} == {
        'acme.com TXT "v=spf1 include:PROVIDER -all"',
        's1._domainkey.acme.com TXT "v=DKIM1; k=rsa; p=PUBLIC-KEY"',
        '_dmarc.acme.com TXT "v=DMARC1; p=none; rua=mailto:REPORTS@acme.com"',
        "acme.com MX 10 MAIL-SERVER",
    }


@pytest.mark.parametrize(
    ("records", "state", "says"),
    [
        (['"v=spf1 a -all"', '"v=spf1 mx ~all"'], "error", "2 SPF records"),
        (['"v=spf1 +all"'], "warning", "any server in the world"),
        (['"v=spf1 a all"'], "warning", "any server in the world"),
        (['"v=spf1 a ?all"'], "warning", "says nothing of servers"),
        (['"v=spf1 a"'], "warning", "says nothing of servers"),
        (['"v=spf1 redirect=_spf.mail.net"'], "ok", "1 of at most 10"),
        (['"v=spf1 -all redirect=none.mail.net"'], "ok", "0 of at most 10"),
        (['"v=spf1 a mx:b.net/24 ptr ?exists:%{i}.x.net ip4:192.0.2.1 -all"'], "ok", "4 of at most 10"),
        (['"v=spf1 include:none.mail.net -all"'], "error", "none.mail.net, which has no SPF record"),
        (['"v=spf1 include:acme.com -all"'], "error", "includes itself"),
        (['"v=spf10 a -all"'], "missing", "No SPF record"),
    ],
)  # fmt: skip
def test_an_spf_record_is_read_as_receivers_read_it(records: list[str], state: str, says: str) -> None:
    spf = found({"acme.com TXT": records})["SPF"]

    assert (spf.state, says in spf.message) == (state, True), spf.message


@pytest.mark.parametrize(("inner", "state"), [(9, "ok"), (10, "error")])
def test_more_than_ten_lookups_are_an_error_whoever_asks_for_them(inner: int, state: str) -> None:
    asks = " ".join(f"a:h{number}.mail.net" for number in range(inner))

    assert found({"_spf.mail.net TXT": [f'"v=spf1 {asks} -all"']})["SPF"].state == state


def test_two_spf_records_are_joined_into_one() -> None:
    spf = found({"acme.com TXT": ['"v=spf1 a mx -all"', '"v=spf1 mx ip4:192.0.2.1 ~all"']})["SPF"]

    assert spf.add == 'acme.com TXT "v=spf1 a mx ip4:192.0.2.1 -all"'


@pytest.mark.parametrize(
    ("records", "state", "says"),
    [
        (['"v=DKIM1; p="'], "error", "revoked"),
        (['"k=rsa; p=MIIB"'], "ok", "public key"),
        (['"v=DKIM1; t=y; p=MIIB"'], "warning", "test"),
        (['"v=DKIM1; p=A"', '"v=DKIM1; p=B"'], "warning", "2 keys"),
        (['"hello"'], "missing", "No key"),
    ],
)
def test_a_key_is_there_revoked_or_missing(records: list[str], state: str, says: str) -> None:
    dkim = found({"s1._domainkey.acme.com TXT": records})["DKIM"]

    assert (dkim.state, says in dkim.message) == (state, True), dkim.message


def test_without_a_selector_it_is_told_where_to_find_it() -> None:
    dkim = found(selector="")["DKIM"]

    assert dkim.state == "unknown" and "DKIM-Signature" in dkim.message


@pytest.mark.parametrize(
    ("records", "state", "says"),
    [
        (['"v=DMARC1; p=none"'], "ok", "only watches"),
        (['"v=DMARC1; p=none"'], "ok", "No one gets its reports"),
        (['"v=DMARC1; p=quarantine; rua=mailto:d@acme.com"'], "ok", "junk"),
        (['"v=DMARC1; rua=mailto:d@acme.com"'], "error", "names no policy"),
        (['"v=DMARC1; p=nothing"'], "error", "'nothing' is no policy"),
        (['"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'], "error", "2 DMARC records"),
        (['"v=DMARC10; p=none"'], "missing", "No DMARC record"),
    ],
)
def test_a_dmarc_policy_is_explained(records: list[str], state: str, says: str) -> None:
    dmarc = found({"_dmarc.acme.com TXT": records})["DMARC"]

    assert (dmarc.state, says in dmarc.message) == (state, True), dmarc.message


def test_a_domain_below_inherits_the_policy_for_subdomains() -> None:
    records = ['"v=DMARC1; p=reject; sp=quarantine"']

    dmarc = found({"_dmarc.acme.com TXT": records}, domain="news.acme.com")["DMARC"]

    assert (dmarc.state, dmarc.name) == ("ok", "_dmarc.acme.com")
    assert "p=quarantine" in dmarc.message and "inherited from acme.com" in dmarc.message


def test_a_null_mx_is_an_error_and_replies_have_a_domain_of_their_own() -> None:
    checks = found({"in.acme.com MX": ["0 ."]}, replies="in.acme.com")

    assert checks["MX"].state == "ok"
    assert (checks["MX of replies"].state, checks["MX of replies"].name) == ("error", "in.acme.com")


@pytest.mark.parametrize("how", [FAILS, SILENT])
def test_a_question_without_an_answer_is_never_a_missing_record(how: str) -> None:
    checks = found(dict.fromkeys(GOOD, how), question_s=0.05)

    assert {check.state for check in checks.values()} == {"unknown"}
    assert "The record may well be there" in checks["SPF"].message


def test_an_include_that_is_not_answered_makes_spf_unknown() -> None:
    assert found({"_spf.mail.net TXT": FAILS})["SPF"].state == "unknown"


def test_when_the_time_for_all_is_over_nothing_more_is_asked() -> None:
    with dns_server(GOOD) as server:
        checks = findings_of(
            DnsLookups(server.address, total_s=0), from_address="a@acme.com", reply_address="a@acme.com"
        )

    asking = [check for check in checks if check.check != "DKIM"]
    assert all("time for all questions was over" in check.message for check in asking)
    assert {check.state for check in checks} == {"unknown"}
    assert server.asked == []


@pytest.mark.parametrize("server", ["resolver.internal:53", "127.0.0.1:99999", "nonsense"])
def test_a_resolver_that_is_no_address_is_named(server: str) -> None:
    spf = findings_of(DnsLookups(server), from_address="a@acme.com", reply_address="a@acme.com")[0]

    assert spf.state == "unknown" and f"DNS_SERVER is '{server}'" in spf.message


@pytest.mark.parametrize(
    "domain", ["acme.example", "mail.test", "x.invalid", "localhost", "a.localhost", "[127.0.0.1]"]
)
def test_domains_that_nobody_owns_are_answered_without_a_question(domain: str) -> None:
    with dns_server(GOOD) as server:
        checks = findings_of(DnsLookups(server.address), from_address=f"a@{domain}", reply_address=f"a@{domain}")

    assert {check.state for check in checks} == {"unknown"}
    assert all("real domains only" in check.message for check in checks)
    assert server.asked == [] and not is_real(domain)


def test_the_organisational_domain_keeps_two_level_suffixes() -> None:
    domains = {"a.b.acme.com": "acme.com", "news.acme.co.uk": "acme.co.uk", "acme.co.uk": "acme.co.uk"}

    assert {domain: organisational_domain(domain) for domain in domains} == domains
