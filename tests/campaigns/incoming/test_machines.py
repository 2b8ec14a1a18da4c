"""Machines that answer: bounces told in prose, absences, tickets; and people who only mention one."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from campaigns.replies import sorting
from campaigns.replies.parsing import parse_mail

QMAIL = """From: MAILER-DAEMON@mx.example
To: replies@sender.example
Subject: failure notice

Hi. This is the mail program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@acme.example>:
{said}

--- Below this line is a copy of the message.

Message-ID: <1234@sender.example>
From: nora@sender.example

Please tell me if you are not interested.
"""


def read(subject, text, *, sender="ada@acme.example"):
    mail = EmailMessage()
    mail["From"], mail["Subject"] = sender, subject
    mail.set_content(text)
    return parse_mail.parse_mail(mail.as_bytes())


@pytest.mark.parametrize(
    ("said", "hard", "final"),
    [
        ("Sorry, no such user here. (#5.1.1)", True, True),
        ("This user is unknown: user unknown", True, True),
        ("The mailbox is full (#5.2.2)", False, True),
        ("451 temporarily deferred, will keep trying", False, False),
    ],
)
def test_a_bounce_told_in_prose_alone_is_a_bounce_and_no_reply(said, hard, final):
    bounce = parse_mail.parse_mail(QMAIL.format(said=said).encode()).bounce

    assert bounce is not None
    assert (bounce.is_hard, bounce.is_final) == (hard, final)
    assert bounce.original_message_id == "1234@sender.example"


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("来自qq.com的退信", "很抱歉您的邮件被退回\n收件人 ada@qq.com\n原因: 550 Mailbox not found"),
        ("系统退信", "无法发送到 ada@163.com\n退信原因：收件人邮箱地址不存在 (550 User not found: ada@163.com)"),
        ("メール配信エラー", "メールが配信できませんでした。\n<ada@docomo.ne.jp>: 550 Unknown user ada@docomo.ne.jp"),
        ("[반송] A question", "메일을 전달할 수 없습니다.\nada@naver.com: 550 No such user"),
    ],
)
def test_a_bounce_in_letters_of_the_far_east_is_one(subject, said):
    bounce = read(subject, said, sender="PostMaster@mx.example").bounce

    assert bounce is not None
    assert (bounce.is_hard, bounce.is_final) == (True, True)
    assert read(subject, said, sender="ada@acme.example").bounce is None


@pytest.mark.parametrize(
    "subject",
    [
        "반송 주소 문의드립니다",
        "关于样品退回的问题",
        "回复: 样品退回",
        "答复：系统退信",
        "返信: 配信エラー",
        "회신: [반송] A question",
        "답장: 배달 실패",
        "Odp: niedostarczona paczka",
        "メール配信エラーについてのご相談",
        "关于退信的问题",
    ],
)
def test_a_person_who_writes_of_what_comes_back_is_no_machine(subject):
    assert read(subject, "Thanks. Tuesday at ten works for me.").auto_reason == ""


@pytest.mark.parametrize(
    "subject", ["来自qq.com的退信", "系统退信", "メール配信エラー", "配信不能: x", "[반송] x", "배달 실패"]
)
def test_a_title_of_a_failed_delivery_in_letters_of_the_far_east_is_a_machines(subject):
    assert read(subject, "bo@bolt.example: 550", sender="system@mx.example").auto_reason


@pytest.mark.parametrize(
    "subject",
    [
        "Parcel not delivered",
        "Undelivered samples",
        "Delivery status of order 4711",
        "Unable to deliver on Friday",
        "Paket nicht zugestellt",
        "Unzustellbar?",
        "Colis non remis",
        "Mancata consegna: ordine 4711",
        "Bestelling niet bezorgd",
        "Pedido no entregado",
        "Zásilka nedoručena",
    ],
)
def test_a_person_whose_subject_is_that_goods_did_not_come_is_no_machine(subject):
    text = "Hello Nora, the samples are not here. They came back to you, I think. Ada, ada@acme.example"

    assert read(subject, text).auto_reason == ""
    assert read(subject, "<bo@bolt.example>: 550 5.1.1 unknown", sender="system@mx.example").auto_reason


def test_an_absence_that_says_it_does_not_come_back_is_no_bounce():
    mail = EmailMessage()
    mail["Return-Path"], mail["From"], mail["Subject"] = "<>", "ada@acme.example", "부재중"
    mail.set_content("휴가 중입니다. 이 메일은 반송되지 않습니다.")

    assert parse_mail.parse_mail(mail.as_bytes()).bounce is None


@pytest.mark.parametrize(
    "text",
    [
        "The parcel could not be delivered, nobody was there. Please send it again.",
        "Thanks for your mail. Your driver was unable to deliver on Monday.",
        "Das Paket konnte nicht zugestellt werden, es geht an Sie zurück.",
        "Le colis n'a pas été remis, personne n'était là.",
        "Il pacco non è stato consegnato. Lo rispedisca.",
        "De doos kon niet worden bezorgd.",
        "El paquete no ha sido entregado.",
        "Thanks for your mail, but the goods were not delivered: the box was not delivered at all.",
        "My last mail was not delivered, so here it is again: yes, please.",
        "Meine letzte Nachricht wurde wohl nicht zugestellt: ja, gerne!",
    ],
)
def test_a_person_whose_goods_were_not_delivered_is_no_machine(text):
    assert read("Re: A question", text).auto_reason == ""


@pytest.mark.parametrize(
    "text",
    [
        "The mail was not delivered.",
        "Your message to jan@acme.example wasn't delivered.",
        "The message has not been delivered to its recipient.",
        "Ihre Nachricht wurde nicht zugestellt. Grund: Größe.",
        "Leider konnte Ihre E-Mail nicht an den Empfänger zugestellt werden.",
        "El mensaje no pudo ser entregado a jan@acme.example.",
        "Votre courriel n'a pas été distribué.",
        "La mail non è stata consegnata.",
        "A sua mensagem não foi entregue.",
        "Uw bericht is niet afgeleverd.",
    ],
)
def test_a_gateways_word_that_a_mail_was_not_delivered_is_a_machines(text):
    assert read("A question", text).auto_reason


def test_a_person_who_tells_of_a_failed_delivery_sends_no_bounce():
    assert read("", "Your parcel was not delivered: user unknown at the door. Delivery failed twice!").bounce is None


@pytest.mark.parametrize(
    ("sender", "subject", "text"),
    [
        ("ada@acme.example", "Re: A question", "I am out of the office until 3 May with limited access to mail."),
        ("ada@acme.example", "Re: A question", "Vielen Dank für Ihre Nachricht. Ich bin bis 3. Mai nicht im Büro."),
        ("ada@acme.example", "RE: x", "Je suis absente jusqu'au 3 mai. En cas d'urgence, contactez l'accueil."),
        ("ada@acme.example", "RE: x", "Estaré fuera hasta el 3 de mayo. Responderé a mi regreso."),
        ("ada@acme.example", "RE: x", "Sono in ferie fino al 3 maggio, risponderò al mio rientro."),
        ("ada@acme.example", "RE: x", "Ik ben tot 3 mei afwezig. Bij spoed belt u de receptie."),
        ("ada@acme.example", "Frånvarande: x", "Jag är på semester."),
        ("ada@acme.example", "Nieobecność", "Wracam w maju."),
        ("support@acme.example", "Re: x", "Your support request has been received and a colleague will look at it."),
        ("support@acme.example", "[Ticket #4711] A question", "Hello, we are on it."),
        ("info@acme.example", "Re: x", "Ihre Anfrage ist bei uns eingegangen. Ticketnummer 88."),
        ("contact@acme.example", "Re: x", "Nous avons bien reçu votre demande et vous répondrons."),
        ("noreply@acme.example", "Thanks", "Thanks for writing to us."),
        ("postmaster@acme.example", "About your mail", "Something was odd."),
        ("ada@acme.example", "Re: x", "I apologize for this automatic reply. I allow senders by hand."),
        ("notice@box.example", "Re: x", 'Hello, your message about "A question" was waitlisted. Click here.'),
    ],
)
def test_machines_are_known_by_sender_subject_and_words_in_many_languages(sender, subject, text):
    assert read(subject, text, sender=sender).auto_reason


@pytest.mark.parametrize(
    "text",
    [
        "I was out of the office last week, sorry. Tuesday at ten works for me.",
        "We go on holiday in July; let's talk in June.",
        "Our ticket system is old. Can you replace it?",
        "Nach meinem Urlaub gern: rufen Sie mich an.",
        "Could your tool answer support requests automatically?",
    ],
)
def test_a_person_who_mentions_an_absence_or_a_ticket_is_no_machine(text):
    assert read("Re: A question", text).auto_reason == ""


@pytest.mark.parametrize(
    "text",
    [
        "I wrote to your sales address and it came back (550 5.1.1 user unknown). Send me the prices here, please.",
        "This is what I get from your sales address:\n\n550 5.1.1 user unknown\n\nPlease pass my mail on.",
        "Ihre Adresse verkauf@sender.example gibt 550 5.1.1 user unknown zurück. Schicken Sie mir die Preise.",
        "Votre adresse commerciale renvoie 550 5.1.1 user unknown, envoyez-moi les tarifs.",
    ],
)
def test_a_person_who_cites_a_servers_answer_is_no_machine(text):
    assert read("Re: A question", text).auto_reason == ""


@pytest.mark.parametrize(
    "text", ["550 5.1.1 User unknown", "Remote server said: 550 5.1.1 No mailbox", "<x@y.example>:\n550 5.7.1 Blocked"]
)
def test_a_servers_answer_alone_is_a_machines(text):
    assert read("A question", text).auto_reason


@pytest.mark.parametrize(("method", "is_automatic"), [("REPLY", True), ("reply", True), ("REQUEST", False)])
def test_a_calendars_answer_is_a_machines_in_any_language_and_an_invitation_a_persons(method, is_automatic):
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "ada@acme.example", "Rozmowa"
    mail.set_content("Do zobaczenia")
    mail.add_alternative("BEGIN:VCALENDAR\nEND:VCALENDAR\n", subtype="calendar", params={"method": method})

    assert bool(parse_mail.parse_mail(mail.as_bytes()).auto_reason) is is_automatic


def test_a_legal_note_below_a_persons_words_makes_no_machine_of_them():
    note = (
        "This e-mail is confidential and intended only for its addressee. If it came in error, please delete it. "
        "Our mails are checked by an anti-spam service; please do not reply to this e-mail with passwords."
    )

    assert read("Re: A question", f"Yes, on Tuesday.\n\nAda Byron\n\n{note}").auto_reason == ""
    assert read("Re: A question", note).auto_reason


@pytest.mark.parametrize(
    "text",
    [
        "I have taken two days off.",
        "I'm attending a conference and may be slow to reply.",
        "Ich habe nur eingeschränkt Zugriff auf meine Mails.",
        "Je suis en réunion ce matin.",
        "No estaré disponible esta tarde.",
        "Ik ben deze week vrij.",
        "Jag jobbar inte på fredagar.",
        "W piątek nie będzie mnie w pracy.",
        "En ole tavoitettavissa.",
        "出張のため、返信が遅くなります。",
        "Op maandag en vrijdag werk ik niet.",
        "Vielen Dank für Ihre Nachricht. Mittwochs arbeite ich nicht. Ich melde mich am Donnerstag.",
        "Bonjour, je ne travaille pas le mercredi. Je vous répondrai jeudi.",
        "Il venerdì non lavoro. Le risponderò lunedì.",
        "Los viernes no trabajo. Responderé el lunes.",
    ],
)
def test_a_program_that_names_an_absence_tells_of_one(text):
    reply = sorting.received("Re: Hello", text, {"Auto-Submitted": "auto-replied"})

    assert sorting.sort(reply).reply_class == "out_of_office"


@pytest.mark.parametrize(
    "text",
    [
        "My inbox is full of mails like yours.",
        "Unser Postfach ist voll von sowas.",
        "Ma boîte mail est pleine de relances.",
        "La casella è piena di offerte.",
        "Mi buzón está lleno de ofertas.",
    ],
)
def test_a_person_whose_mailbox_is_full_of_such_mails_is_no_program(text):
    assert not read("Re: Hello", text).auto_reason
