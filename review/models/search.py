"""The text index: the words of each draft as the databases search them, and its signature of near-duplicates.

It is made from drafts and records and can be made anew at any time; `review/drafts/search_index.py` alone writes it. On
PostgreSQL the words are a `tsvector` under a GIN index, on SQLite a text that an FTS5 table indexes; neither knows the
words as they were written, only as `review/text/search/words.py` folds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from review.db.text_index import FTS
from review.models.desk import Draft
from review.models.tasks import Task
from review.text.search.query import Query

if TYPE_CHECKING:
    from django.db.models.sql.compiler import SQLCompiler


class Words(models.TextField):  # type: ignore[type-arg]
    """Folded words, parted by blanks, as the database at hand indexes them."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str | None:
        return "tsvector" if connection.vendor == "postgresql" else super().db_type(connection)

    def deconstruct(self) -> Any:
        """Stand in migrations as the text that it is to Django; on PostgreSQL one of them makes it a `tsvector`."""
        name, _, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs

    def get_placeholder(self, value: object, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> str:
        return "to_tsvector('simple', %s)" if connection.vendor == "postgresql" else "%s"


@Words.register_lookup
class Matches(models.Lookup):
    """`words__matches=query`: rows that the query finds."""

    lookup_name = "matches"
    prepare_rhs = False

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        query: Query = self.rhs
        return f"{lhs} @@ to_tsquery('simple', %s)", [*params, query.as_tsquery()]

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        lhs, params = self.process_lhs(compiler, connection)
        rowid = lhs.replace('"words"', '"id"')
        matching_rows = f"SELECT rowid FROM {FTS} WHERE {FTS} MATCH %s"  # noqa: S608 (a name of ours)
        query: Query = self.rhs
        return f"{rowid} IN ({matching_rows})", [*params, query.as_fts5()]


@models.UUIDField.register_lookup
class Among(models.lookups.In):
    """`pk__among=found`: as `in`, but what the inner question finds is found first, and once.

    PostgreSQL guesses how many rows a text finds, and where it guesses few it may ask anew for each row of the outer
    list. As an array the ids are there before the list is walked.
    """

    lookup_name = "among"

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, list[Any]]:
        lhs, left = self.process_lhs(compiler, connection)
        rhs, right = self.process_rhs(compiler, connection)
        return f"{lhs} = ANY(ARRAY{rhs})", [*left, *right]


class SearchText(models.Model):
    """Search index row of one draft: its words and its MinHash signature.

    Ids grow with the drafts, so the highest ids are the newest.
    """

    id = models.BigAutoField(primary_key=True)
    draft = models.OneToOneField(Draft, on_delete=models.CASCADE, related_name="search_text")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+", db_index=False)
    words = Words()
    # 128 MinHash values of 16 bits; empty where the text is too short to be like another.
    signature = models.BinaryField(default=b"")

    class Meta:
        indexes = [models.Index(fields=["task", "-id"], name="search_texts_newest")]


class SearchBacklog(models.Model):
    """Drafts of a large batch that wait to be indexed: a row a batch, gone once they are."""

    id = models.BigAutoField(primary_key=True)
    drafts = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
