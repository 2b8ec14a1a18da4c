"""Pages of sender identities, and their form."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from campaigns.senders import capacity
from campaigns.senders import check_domain as domain_services
from campaigns.senders import edit as senders_edit
from campaigns.senders import queries as selectors
from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.form_errors import submit


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    form = SenderForm(request.POST or None)
    if request.method == "POST":
        made, _ = submit(form, lambda _: senders_edit.create(form.sender(), by=member))
        if made:
            messages.success(request, f"The sender '{made.name}' is there.")
            return redirect("campaigns:senders", task.slug)
    context = {
        "task": task,
        "section": "campaigns",
        "tab": "senders",
        "lines": selectors.lines(member),
        "form": form,
    }
    return render(request, "campaigns/contacts/senders.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str, sender: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    identity = selectors.sender_or_404(member, sender)
    may_change = selectors.may_change(member, identity)
    form = SenderForm(request.POST or None, initial=forms.model_to_dict(identity, fields=SenderForm.base_fields))
    if request.method == "POST":
        changed, _ = submit(form, lambda _: senders_edit.change(identity, form.sender(), by=member))
        if changed:
            messages.success(request, f"The sender '{identity.name}' is changed.")
            return redirect("campaigns:senders", task.slug)
    context = {"task": task, "section": "campaigns", "tab": "senders", "sender": identity, "form": form}
    context |= {"may_change": may_change, "changed": selectors.last_changes([identity]).get(str(identity.pk))}
    context["day"] = capacity.day_of(identity, timezone.now())
    return render(request, "campaigns/contacts/sender.html", context, status=422 if form.errors else 200)


@require_POST
def check_domain(request: HttpRequest, slug: str, sender: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    identity = selectors.sender_or_404(member, sender)
    domain_services.check(identity, by=member)
    return redirect(f"{reverse('campaigns:sender', args=[task.slug, identity.slug])}#domain-h")


class SenderForm(forms.Form):
    name = forms.CharField(label="Name", max_length=120, help_text="The name your colleagues know.")
    from_name = forms.CharField(
        label="From, name", max_length=120, help_text="The person who writes, as readers see it."
    )
    from_address = forms.CharField(label="From, address", max_length=254)
    reply_address = forms.CharField(
        label="Replies go to",
        max_length=254,
        help_text="A mailbox that keeps plus addresses: replies+mark@yours.example identifies the answered mail.",
    )
    postal_address = forms.CharField(
        label="Postal address",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Shown at the foot of every mail; a campaign needs it before it is launched.",
    )
    dkim_selector = forms.CharField(
        label="DKIM selector",
        max_length=100,
        required=False,
        help_text="The s=… of the header DKIM-Signature in a mail that you sent; only the check of the domain uses it.",
    )
    tracking_domain = forms.CharField(
        label="Tracking domain",
        max_length=253,
        required=False,
        help_text="A name of yours for the links in its mails, such as links.yours.example. "
        "Checked with the domain below.",
    )
    daily_limit = forms.IntegerField(
        label="Mails a day",
        min_value=1,
        max_value=senders_edit.MOST_A_DAY,
        required=False,
        help_text="At most, all campaigns together; empty: any number.",
    )

    def sender(self) -> senders_edit.NewSender:
        return senders_edit.NewSender(**self.cleaned_data)
