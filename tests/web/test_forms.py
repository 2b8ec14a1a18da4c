"""A refusal lands beside the field it is about."""

from __future__ import annotations

from django import forms

from web.errors import Refusal
from web.http.form_errors import add_refusal, submit


class _Form(forms.Form):
    name = forms.CharField()


def test_a_refusal_about_a_field_stands_at_the_field():
    form = _Form({"name": "x"})

    add_refusal(form, Refusal("bad", "Not so.", errors={"name": ["Too short."]}))

    assert form.errors == {"name": ["Too short."]}


def test_a_refusal_about_no_field_stands_above_the_form_with_its_hint():
    form = _Form({"name": "x"})

    add_refusal(form, Refusal("bad", "Not so.", hint="Do this.", errors={"elsewhere": ["?"]}))

    assert form.non_field_errors() == ["Not so. Do this."]


def test_a_form_with_mistakes_calls_no_service():
    calls: list[dict[str, str]] = []

    assert submit(_Form({"name": ""}), calls.append) == (None, 400)
    assert calls == []


def test_a_service_gets_the_values_of_a_form_and_what_it_makes_comes_back():
    assert submit(_Form({"name": " x "}), lambda values: values["name"]) == ("x", 302)


def test_what_a_service_refuses_stands_on_its_form_with_its_status():
    form = _Form({"name": "x"})

    def refuse(values: dict[str, str]) -> None:
        raise Refusal("bad", "Not so.", status=409, errors={"name": ["Taken."]})

    assert submit(form, refuse) == (None, 409)
    assert form.errors == {"name": ["Taken."]}
