"""`manage.py push_dataset VERSION --to OWNER/NAME`: have a frozen version sent to a hub by a worker."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from members.models import Member
from review.datasets import hub_push, hub_target
from review.datasets.exports import FORMATS
from review.models import DatasetVersion
from web.errors import Refusal


class Command(BaseCommand):
    """Orders the job; a worker does it, and `--by` is who answers for it."""

    help = "Send a frozen dataset version to a hub."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("version", help="Id of the version, or DATASET/NUMBER such as gold/3.")
        parser.add_argument("--to", required=True, metavar="OWNER/NAME", help="The repository on the hub.")
        parser.add_argument("--by", required=True, metavar="USERNAME", help="An admin, or a lead of its task.")
        parser.add_argument("--public", action="store_true", help="A repository that is made now is open to all.")
        parser.add_argument(
            "--format", action="append", choices=FORMATS, help="Only these; may be given more than once."
        )
        parser.add_argument(
            "--token", default=hub_target.DEFAULT_TOKEN, help="Name of the secret (default: %(default)s)."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        member = Member.objects.filter(username=options["by"], is_active=True).first()
        if member is None:
            raise CommandError(f"There is no active member '{options['by']}'.")
        try:
            job = hub_push.push(
                _version(options["version"]),
                to=options["to"],
                by=member,
                private=not options["public"],
                formats=tuple(options["format"] or FORMATS),
                token=options["token"],
            )
        except Refusal as refusal:
            fields = "".join(f"\n  {name}: {text}" for name, texts in refusal.errors.items() for text in texts)
            raise CommandError(f"{refusal.message} {refusal.hint}{fields}") from refusal
        self.stdout.write(f"Ordered: job {job.pk}. A worker sends it; see /jobs/{job.pk}/.")


def _version(name: str) -> DatasetVersion:
    versions = DatasetVersion.objects.select_related("dataset__task")
    slug, _, number = name.rpartition("/")
    try:
        query = versions.filter(dataset__slug=slug, number=int(number)) if slug else versions.filter(pk=UUID(name))
    except ValueError:
        raise CommandError(f"'{name}' is not a version. Write its id, or DATASET/NUMBER such as gold/3.") from None
    version = query.first()
    if version is None:
        raise CommandError(f"There is no version '{name}'.")
    return version
