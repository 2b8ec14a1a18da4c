"""Words of this room. Pure Python."""

from django.db.models import TextChoices


class SystemKind(TextChoices):
    """What wrote an output."""

    TEACHER = "teacher", "Teacher"
    BASE = "base", "Base"
    LORA = "lora", "LoRA"
    FULL = "full", "Full"
