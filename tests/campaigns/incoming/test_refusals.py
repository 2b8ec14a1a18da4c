"""What a server's own words say of a reader: dead, or about somebody or something else. Pure."""

from __future__ import annotations

import pytest

from campaigns.replies.parsing.refusals import is_hard

DEAD = (
    "550 5.1.1 <x@y.example> no such user. If this is an error, check the SPF validation of your domain",
    "--> EHLO mail.sender.example\n<-- 250 Hi\n--> RCPT To:<x@y.example>\n<-- 550 5.1.1 No such user here",
    "550 5.5.0 Adresse d au moins un destinataire invalide. Invalid recipient. OFR_416 [416]",
    "550 5.1.1 invalid address",
    "550 Invalid mailbox",
    "550 5.1.1 user is no longer listed in the directory",
    "550 5.1.1 unknown user; your sender address was a@b.example",
    "550 5.1.0 <x@y.example> User unknown (in reply to end of DATA command)",
    "550 5.1.0 full.stop@y.example unknown",
    "550 5.1.0 Address unknown: rate@hotel.example",
    "550 5.1.0 Recipient refused, see https://antispam.example/policy",
    "550 5.1.1 Адрес получателя не найден",
    "550 5.1.1 User unknown, mailbox full or not, we do not say",
    "5.1.0 - Unknown address error 550-'5.1.1 <x@y.example>... User unknown' (delivery attempts: 0)",
)
ALIVE = (
    "550 5.1.0 <a@sender.example> sender rejected",
    "550 5.1.1 <x@y.example>: Sender verify failed",
    "550 5.1.1 sender address does not exist",
    "550 5.1.1 unknown user in sender address",
    "550 5.1.1 HELO command rejected: invalid name",
    "550-5.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages",
    "550 5.1.0 Message refused by policy",
    "550 5.7.1 Message rejected: content in header From has an invalid address (in reply to end of DATA command)",
    "550 Invalid address in From header",
    "550 5.5.2 Invalid address format in Reply-To",
    "550 5.1.1 <x@y.example> recipient mailbox full: over quota",
    "552 5.1.1 Boîte du destinataire pleine",
    "550 Адрес отправителя не найден",
    "550 5.1.1 Gönderen adresi bulunamadı",
    "550 5.1.1 L'adresse de l'expéditeur n'existe pas",
    "5.1.0 - Unknown address error 550-'5.7.1 Message rejected: blocked by a reputation service' (attempts: 0)",
)


@pytest.mark.parametrize("text", DEAD)
def test_a_reader_that_is_said_to_be_none_is_dead_whatever_else_is_said(text: str) -> None:
    assert is_hard(text, code=550)


@pytest.mark.parametrize("text", ALIVE)
def test_words_about_the_sender_its_rate_or_a_policy_leave_a_reader_alive(text: str) -> None:
    assert not is_hard(text, code=550)
