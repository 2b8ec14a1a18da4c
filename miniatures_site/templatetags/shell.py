"""The rail and the ribbon as template tags, because only a page's own context says which task it is about."""

from __future__ import annotations

from typing import Any

from django import template
from django.template import Context

from miniatures_site import being_installed
from miniatures_site.frame import navigation

register = template.Library()


@register.inclusion_tag("web/_rail.html", takes_context=True)
def rail(context: Context) -> dict[str, Any]:
    """The rail for the task of this page, or the one last in hand."""
    return navigation.navigation(context.get("request"), context.get("task"), str(context.get("section", "")))


@register.inclusion_tag("web/_ribbon.html", takes_context=True)
def ribbon(context: Context) -> dict[str, Any]:
    """The line that says this is a demo, to members only."""
    return navigation.demo_banner(context.get("request"))


@register.inclusion_tag("web/_halt.html", takes_context=True)
def halt_banner(context: Context) -> dict[str, Any]:
    """The line that says who stopped everything that leaves, when and why; to members only."""
    return navigation.halt_banner(context.get("request"))


@register.inclusion_tag("web/_install.html", takes_context=True)
def install_notice(context: Context) -> dict[str, Any]:
    """The line that says how long until training and serving may begin."""
    return being_installed.notice(context.get("request"))
