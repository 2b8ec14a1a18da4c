"""OpenAI's paths, under /v1/. Its clients write them without a slash at the end."""

from django.urls import path, re_path

from serving.api import chat

urlpatterns = [
    path("chat/completions", chat.completions, name="v1-chat-completions"),
    path("models", chat.models, name="v1-models"),
    path("models/<str:name>", chat.model, name="v1-model"),
    re_path(r"^(?P<path>.*)$", chat.nothing, name="v1-nothing"),
]
