"""Request and response bodies of the comments API. Services check the content."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class CommentIn(serializers.Serializer[Any]):
    """A comment; `id` is made by the client, so that a repeated request is recognised."""

    id = serializers.UUIDField()
    # Lengths and blanks are the service's to judge: pages and programs get the same words.
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CommentOut(serializers.Serializer[Any]):
    """A comment on a draft."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField()
    author = serializers.CharField()
    name = serializers.CharField()
    text = serializers.CharField()
    created_at = serializers.DateTimeField()


class MentionOut(CommentOut):
    """A comment that names the member, with where it stands."""

    task = serializers.CharField()
    title = serializers.CharField()
    read_at = serializers.DateTimeField(allow_null=True)


class ReadIn(serializers.Serializer[Any]):
    """Mentions to mark as read: those in these comments, or all where none is named."""

    comments = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class ReadOut(serializers.Serializer[Any]):
    """Number of mentions that were unread before."""

    read = serializers.IntegerField()
