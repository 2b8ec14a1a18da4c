"""API of webhooks: hooks, what they were told, and telling them again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from web.http.lists import Rows, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body, require_same
from webhooks.deliveries import deliver
from webhooks.endpoints import edit, queries
from webhooks.states import EVENTS

ALL_TASKS = "with all tasks"


class HookIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80)
    url = serializers.CharField(max_length=500)
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(EVENTS)), min_length=1)
    task = serializers.SlugField(required=False, allow_blank=True, default="")


class HookChangeIn(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=80, required=False)
    url = serializers.CharField(max_length=500, required=False)
    events = serializers.ListField(child=serializers.ChoiceField(choices=list(EVENTS)), min_length=1, required=False)
    is_active = serializers.BooleanField(required=False)
    task = serializers.SlugField(required=False, allow_blank=True, help_text="As it is: a webhook stays with its task")


class HookOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField()
    events = serializers.ListField(child=serializers.CharField())
    task = serializers.CharField(source="task_slug")
    is_active = serializers.BooleanField()
    paused_at = serializers.DateTimeField(allow_null=True)
    paused_reason = serializers.CharField()
    created_at = serializers.DateTimeField()


class NewHookOut(HookOut):
    secret = serializers.CharField(help_text="Signs what is sent; shown this once.")


class TryOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    at = serializers.DateTimeField()
    seconds = serializers.FloatField()
    status = serializers.IntegerField(allow_null=True)
    said = serializers.CharField()


class DeliveryOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    event = serializers.UUIDField(source="event_id")
    kind = serializers.CharField(source="event.kind")
    data: Any = serializers.JSONField(source="event.data")  # a field, as the body names it
    state = serializers.CharField()
    is_replay = serializers.BooleanField()
    attempts = serializers.IntegerField(help_text="Since the webhook was last resumed, as tries are numbered")
    next_at = serializers.DateTimeField()
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    tries = TryOut(many=True)


class ReplayIn(serializers.Serializer[Any]):
    event = serializers.UUIDField(required=False)
    since = serializers.DateTimeField(required=False)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("event" in attrs) == ("since" in attrs):
            raise serializers.ValidationError({"event": ["Give either 'event', or 'since' and perhaps 'until'."]})
        return attrs


class ReplayOut(serializers.Serializer[Any]):
    deliveries = serializers.IntegerField()


class HookListView(APIView):
    """Webhooks of the tasks you lead; admins see all."""

    scope_read = "lead"
    pagination_class = KeysetPagination

    @lists(HookOut, operation_id="webhooks_list")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return queries.visible_hooks(member_of(request))

    @extend_schema(request=HookIn, responses={201: NewHookOut}, operation_id="webhooks_create")
    def post(self, request: Request) -> Response:
        """Make one. Its secret is in this answer and nowhere else."""
        queries.visible_hooks(member_of(request))
        chosen = read_body(HookIn, request)
        hook, secret = edit.create(task_slug=chosen.pop("task"), by=member_of(request), **chosen)
        answer = {**HookOut(hook).data, "secret": secret}
        return Response(answer, status=201)


class HookView(APIView):
    """One of them."""

    scope_read = "lead"

    @extend_schema(responses=HookOut, operation_id="webhooks_read")
    def get(self, request: Request, hook_id: UUID) -> Response:
        return Response(HookOut(queries.hook_or_404(member_of(request), hook_id)).data)

    @extend_schema(request=HookChangeIn, responses=HookOut, operation_id="webhooks_change")
    def patch(self, request: Request, hook_id: UUID) -> Response:
        """Change it; `is_active` pauses and resumes."""
        member = member_of(request)
        hook = queries.hook_or_404(member, hook_id)
        chosen = read_body(HookChangeIn, request)
        # An empty slug is a choice of its own here: all tasks.
        require_same({"task": chosen.pop("task", hook.task_slug) or ALL_TASKS}, task=hook.task_slug or ALL_TASKS)
        is_active = chosen.pop("is_active", None)
        if chosen:
            kept = {"name": hook.name, "url": hook.url, "events": hook.events}
            hook = edit.change(hook, by=member, **{**kept, **chosen})
        if is_active is not None:
            hook = (edit.resume if is_active else edit.pause)(hook, by=member)
        return Response(HookOut(hook).data)

    @extend_schema(request=None, responses={204: None}, operation_id="webhooks_remove")
    def delete(self, request: Request, hook_id: UUID) -> Response:
        """Remove it; it is called no more."""
        edit.remove(queries.hook_or_404(member_of(request), hook_id), by=member_of(request))
        return Response(status=204)


class DeliveryListView(APIView):
    """Deliveries of a hook, with every call made for them."""

    scope_read = "lead"
    pagination_class = KeysetPagination

    @lists(DeliveryOut, operation_id="webhooks_deliveries")
    def get(self, request: Request, query: dict[str, Any], hook_id: UUID) -> Rows:
        return queries.deliveries_of(queries.hook_or_404(member_of(request), hook_id))


class ReplayView(APIView):
    @extend_schema(request=ReplayIn, responses={202: ReplayOut}, operation_id="webhooks_replay")
    def post(self, request: Request, hook_id: UUID) -> Response:
        """One event by its id, or every event it listens to within a stretch of time."""
        hook = queries.hook_or_404(member_of(request), hook_id)
        chosen = read_body(ReplayIn, request)
        if "event" in chosen:
            deliver.replay_event(hook, chosen["event"])
            return Response({"deliveries": 1}, status=202)
        count = deliver.replay_range(hook, since=chosen["since"], until=chosen.get("until"))
        return Response({"deliveries": count}, status=202)


class TestView(APIView):
    @extend_schema(request=None, responses={202: DeliveryOut}, operation_id="webhooks_test")
    def post(self, request: Request, hook_id: UUID) -> Response:
        """Put a message on its way that says nothing but that it is a test."""
        hook = queries.hook_or_404(member_of(request), hook_id)
        return Response(DeliveryOut(edit.test(hook, by=member_of(request))).data, status=202)
