"""A refusal lands beside the field it is about."""

from __future__ import annotations

from django import forms

from web.errors import Refusal
from web.http.form_errors import add_refusal


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
