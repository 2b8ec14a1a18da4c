"""`manage.py mail_sink`: the local mail sink by hand, with this site's settings. `make run` starts it by itself."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.replies import webhook_signatures
from demo.mail_sink.mail_folder import MailFolder
from demo.mail_sink.server import SinkHandler, serve
from demo.mail_sink.webhook import Webhook


class Command(BaseCommand):
    help = "Take mails by SMTP on this machine, keep them for the mailbox page, and deliver none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=settings.EMAIL_PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        if settings.MAILBOX_DIR is None:
            raise CommandError("There is no mail sink in production: set EMAIL_BACKEND or EMAIL_HOST.")
        webhook = Webhook(f"{settings.SITE_URL}/api/v1/inbound/miniatures/", webhook_signatures.key())
        self.stdout.write(f"Mails to {host}:{port} are kept in {settings.MAILBOX_DIR}. Ctrl-C stops it.")
        serve(host, port, SinkHandler(MailFolder(settings.MAILBOX_DIR), webhook))
