"""App config of members."""

from django.apps import AppConfig


class MembersConfig(AppConfig):
    name = "members"
