"""Header fields as mail programs write them give the same addresses on every Python."""

from __future__ import annotations

import pytest

from campaigns.replies.parsing.mailboxes import addresses
from campaigns.replies.parsing.parse_mail import parse_mail
from tests import pace


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ("Ann Lee <ann@firm.example>", ["ann@firm.example"]),
        ("info@firm.example <info@firm.example>", ["info@firm.example"]),
        # A name is no address, whatever it looks like.
        ("boss@other.example <ann@firm.example>", ["ann@firm.example"]),
        ('"Lee, Ann" <ann@firm.example>', ["ann@firm.example"]),
        ("Lee, Ann <ann@firm.example>", ["ann@firm.example"]),
        ("Ann @ Firm <ann@firm.example>, bob@firm.example", ["ann@firm.example", "bob@firm.example"]),
        ("ann@firm.example (Sales, East)", ["ann@firm.example"]),
        ("Ann <ann@firm.example>; b@firm.example <bob@firm.example>", ["ann@firm.example", "bob@firm.example"]),
        ("Team: ann@firm.example, bob@firm.example;", ["ann@firm.example", "bob@firm.example"]),
        ("undisclosed-recipients:;", []),
        ("", []),
    ],
)
def test_addresses_of_a_field_are_read_alike_on_every_python(field: str, found: list[str]) -> None:
    assert addresses([field]) == found


def test_a_reply_whose_name_is_its_address_keeps_its_sender() -> None:
    mail = parse_mail(
        b"From: Info@firm.example <info@firm.example>\r\nTo: us@desk.example\r\nSubject: Re\r\n\r\nYes.\r\n"
    )

    assert mail.sender == "info@firm.example"


def test_a_long_field_is_read_soon() -> None:
    with pace.within(0.3):
        assert addresses(["a @ " * 500 + ";"]) == []
