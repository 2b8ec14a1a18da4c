"""App config of the demo."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "demo"

    def ready(self) -> None:
        """Have an erasure reach the mails that the local sink keeps."""
        from campaigns.privacy import ports
        from demo.mailbox.queries import empty_mailbox

        ports.mails_erased.register(empty_mailbox)
