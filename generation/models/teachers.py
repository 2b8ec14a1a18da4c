"""Teachers, and what they cost."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db import models

from generation.engine.prices import TokenPrices
from generation.states import BATCH_FACTOR, CACHE_WRITE_FACTOR, CHARGES_CACHE_WRITES, Answers, Provider


class Teacher(models.Model):
    """A provider, a model and parameters: whom to ask for drafts.

    Holds the name of a secret; its value is elsewhere.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    provider = models.CharField(max_length=20, choices=Provider.choices)
    model = models.CharField(max_length=120)
    base_url = models.CharField(max_length=300, blank=True)
    parameters = models.JSONField(default=dict, blank=True)
    secret_ref = models.CharField(max_length=64, blank=True)
    concurrency = models.PositiveSmallIntegerField(default=16)
    answers = models.CharField(max_length=4, choices=Answers.choices, default=Answers.AUTO)
    # `room:key` of a teacher that another room brings, such as a served miniature; empty for those an admin added.
    provided_by = models.CharField(max_length=80, blank=True, db_index=True)
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def label(self) -> str:
        return f"{self.provider}:{self.model}"

    @property
    def follows_instructions(self) -> bool:
        """Tell whether it answers any question, such as a judge's: not the offline teacher, nor one of one task."""
        return self.provider != Provider.OFFLINE and not self.provided_by


class TeacherKey(models.Model):
    """The key of a teacher as an admin entered it, encrypted, and the one place it may be sent to."""

    id = models.BigAutoField(primary_key=True)
    teacher = models.OneToOneField(Teacher, on_delete=models.CASCADE, related_name="key")
    # What the teacher, orders and engines call it: `STORED_KEY_…`. It stays when the key is replaced.
    name = models.CharField(max_length=64, unique=True)
    sealed = models.TextField()
    scheme = models.CharField(max_length=5)
    host = models.CharField(max_length=253)
    port = models.PositiveIntegerField()
    set_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    set_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} for {self.host}"


# Prices entered before they had a day from which they count have counted since ever.
SINCE_EVER = date(2000, 1, 1)


class PriceEntry(models.Model):
    """Price of a model's tokens from a day on, and where that stood; `note` says what kind of source.

    Of a model's rows the newest that has begun counts. What was paid keeps the price it was paid at.
    """

    provider = models.CharField(max_length=20, choices=Provider.choices)
    model = models.CharField(max_length=120)
    input_usd_per_million = models.DecimalField(max_digits=10, decimal_places=4)
    output_usd_per_million = models.DecimalField(max_digits=10, decimal_places=4)
    # Empty: not known; such tokens are priced as plain input, or as the provider prices what is written into its cache.
    cached_input_usd_per_million = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    cache_write_usd_per_million = models.DecimalField(max_digits=10, decimal_places=4, null=True, blank=True)
    # What a call in a batch costs, as a share of the same call asked live. Empty: as the provider does by default.
    batch_factor = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    as_of = models.DateField()
    # The first day on which it counts, in the installation's time zone.
    from_date = models.DateField(db_default=SINCE_EVER)
    # The day on which the provider shuts the model down, as its list of models or its page says; empty: not announced.
    shutdown_date = models.DateField(null=True, blank=True)
    source_url = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["provider", "model", "from_date"]
        constraints = [
            models.UniqueConstraint(fields=["provider", "model", "from_date"], name="one_price_per_model_and_day")
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.model}"

    @property
    def label(self) -> str:
        return f"{self.provider}:{self.model}"

    @property
    def in_words(self) -> str:
        input_usd, output_usd = self.input_usd_per_million.normalize(), self.output_usd_per_million.normalize()
        return f"${input_usd:f} in, ${output_usd:f} out per million tokens"

    @property
    def token_prices(self) -> TokenPrices:
        """Return its prices as calls are priced with them."""
        prices = {
            "input_usd_per_million": self.input_usd_per_million,
            "output_usd_per_million": self.output_usd_per_million,
            "cached_input_usd_per_million": self.cached_input_usd_per_million,
            "cache_write_usd_per_million": self.cache_write_price,
            "batch_factor": self.batch_share,
        }
        return TokenPrices.model_validate(prices)

    @property
    def batch_share(self) -> Decimal:
        """Return the price of a batched call as a share of the same call live: as entered, or the provider's."""
        return Decimal(BATCH_FACTOR.get(self.provider, "1")) if self.batch_factor is None else self.batch_factor

    @property
    def cache_write_price(self) -> Decimal | None:
        """Return the price of a million tokens written into the cache: as entered, or the provider's; None as input."""
        if self.cache_write_usd_per_million is not None or not CHARGES_CACHE_WRITES.search(self.label):
            return self.cache_write_usd_per_million
        return self.input_usd_per_million * Decimal(CACHE_WRITE_FACTOR)
