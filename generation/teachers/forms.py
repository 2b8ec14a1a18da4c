"""Forms of a teacher and of a price. They read input; services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from generation.models import Teacher
from generation.states import Answers, Provider
from generation.teachers.edit import NewTeacher
from jobs.secrets import store
from web.strict_json import StorableJSONDecoder


class TeacherForm(forms.Form):
    """A teacher. Its key is typed here once and never shown again, or the variable that holds it is named."""

    name = forms.CharField(
        label="Name",
        max_length=120,
        required=False,
        help_text="Shown on pages, such as GPT-4o, careful. Empty: the model's own.",
    )
    slug = forms.SlugField(
        label="Short name",
        max_length=60,
        required=False,
        help_text="For addresses and the API; cannot change later. Empty: made from the name.",
    )
    provider = forms.ChoiceField(label="Provider", choices=Provider.choices)
    model = forms.CharField(
        label="Model",
        max_length=120,
        help_text="Exactly as the provider names it.",
        widget=forms.TextInput(attrs={"list": "model-names", "autocomplete": "off"}),
    )
    base_url = forms.CharField(
        label="Base URL",
        required=False,
        max_length=300,
        help_text="For a server of your own, such as http://gpu-1:8000/v1. "
        "Private hosts must be listed in ALLOWED_PRIVATE_HOSTS, except this machine if only it can reach this site.",
    )
    key = forms.CharField(
        label="Key",
        required=False,
        max_length=500,
        widget=forms.PasswordInput(render_value=False, attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text="As the provider gave it to you. Stored encrypted, sent to this address only, never shown again.",
    )
    secret_ref = forms.CharField(
        label="Or the environment variable with the key",
        required=False,
        max_length=64,
        help_text="The name, not the key, where keys stay out of the database. With neither: OPENAI_API_KEY or "
        "ANTHROPIC_API_KEY by provider, none for your own server. Such a key goes only to the hosts it is allowed "
        "for (ALLOWED_SECRETS).",
    )
    parameters = forms.JSONField(
        label="Parameters",
        required=False,
        initial=dict,
        decoder=StorableJSONDecoder,
        error_messages={"invalid": 'Write a JSON object, such as {"temperature": 0.8, "max_tokens": 800}.'},
        help_text='JSON, sent with each call, such as {"temperature": 0.8, "max_tokens": 800}. '
        'The offline teacher knows {"defect_rate": 0.25, "pause_s": 0.5}.',
    )
    answers = forms.ChoiceField(
        label="Answer format",
        choices=Answers.choices,
        initial=Answers.AUTO,
        required=False,
        help_text="By a schema, a model cannot leave a field out; an answer that breaks a length is sent back once. "
        "A server of your own gets text unless you choose JSON.",
    )
    concurrency = forms.IntegerField(label="Calls at once", min_value=1, max_value=512, initial=16)
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_new:
            del self.fields["slug"]

    def clean(self) -> dict[str, Any]:
        """Name a teacher without a name after its model."""
        cleaned = super().clean() or {}
        cleaned["name"] = cleaned.get("name") or cleaned.get("model", "")
        return cleaned

    def forget_secret(self) -> None:
        """Take what was typed as the key's name off the form: it may be the key."""
        self.data = {name: self.data.get(name) for name in self.data} | {"secret_ref": ""}

    def new_teacher(self, slug: str = "") -> NewTeacher:
        chosen = dict(self.cleaned_data)
        chosen["answers"] = chosen["answers"] or Answers.AUTO
        chosen["parameters"] = {} if chosen["parameters"] is None else chosen["parameters"]
        return NewTeacher(**{"slug": slug, **chosen})


def teacher_initial(teacher: Teacher) -> dict[str, Any]:
    names = ("name", "provider", "model", "base_url", "secret_ref", "parameters", "answers", "concurrency", "is_active")
    initial = {name: getattr(teacher, name) for name in names}
    # What a stored key is called is the product's own affair.
    return initial | ({"secret_ref": ""} if store.is_stored(teacher.secret_ref) else {})
