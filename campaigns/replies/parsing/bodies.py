"""The text of a mail's body, from the parts that its reader sees. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.message import Message as Mail
from itertools import groupby
from typing import Final, NamedTuple

from campaigns.replies.parsing import charsets, html_text
from campaigns.replies.parsing.delivery_reports import WHOLE_PARTS

# A plain part that asks for another program: *This message is in HTML format*.
_STUB: Final = re.compile(r"(?is)(?=.{0,300}\Z).*\bhtml\b")


class _Leaf(NamedTuple):
    """A part that is none of others; its text is empty where it is no text to be read."""

    is_text: bool
    is_html: bool
    has_name: bool
    text: str


def text_of(mail: Mail) -> str:
    """Return the readable text, plain before HTML; attached mails and files are left out.

    Mail programs part a text where a picture or a file stands in it: such parts are one text. Of texts that stand side
    by side the first counts, as lists and gateways add their own below.
    """
    runs = groupby(_leaves(mail), key=lambda leaf: leaf.is_text)
    return "\n\n".join(filter(None, (_of_run(list(leaves)) for is_text, leaves in runs if is_text)))


def _leaves(part: Mail) -> list[_Leaf]:
    """Return the leaves in order; of alternatives those of the one that is read."""
    payload = part.get_payload()
    kind = part.get_content_type()
    if not part.is_multipart() or not isinstance(payload, list) or kind in WHOLE_PARTS:
        return [_leaf(part)]
    branches = [_leaves(each) for each in payload if isinstance(each, Mail)]
    if kind == "multipart/alternative":
        return _alternative(branches)
    return [leaf for branch in branches for leaf in branch]


def _leaf(part: Mail) -> _Leaf:
    kind = part.get_content_type()
    is_html = kind == "text/html"
    # A multipart without parts is shown as text.
    is_plain = kind == "text/plain" or part.get_content_maintype() == "multipart"
    is_text = (is_html or is_plain) and part.get_content_disposition() != "attachment"
    if not is_text:
        return _Leaf(is_text=False, is_html=is_html, has_name=False, text="")
    text = _content(part)
    readable = html_text.text_of_html(text) if is_html else text
    return _Leaf(is_text, is_html, part.get_filename() is not None, readable if text.strip() else "")


def _alternative(branches: Sequence[list[_Leaf]]) -> list[_Leaf]:
    """Return the first plain branch with a text, unless it only asks for a program that shows the other."""
    filled = [branch for branch in branches if any(leaf.text for leaf in branch)]
    rich = [branch for branch in filled if any(leaf.is_html for leaf in branch)]
    plain = [branch for branch in filled if not any(leaf.is_html for leaf in branch)]
    if plain and not (rich and _STUB.match(_of_run(plain[0]))):
        return plain[0]
    return next(iter(rich), [])


def _of_run(leaves: Sequence[_Leaf]) -> str:
    """Return the first filled text of leaves side by side: plain before HTML, and first those without a file's name."""
    in_order = sorted(leaves, key=lambda leaf: (leaf.has_name, leaf.is_html))
    return next((leaf.text for leaf in in_order if leaf.text), "")


def _content(part: Mail) -> str:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else str(raw or "").encode("utf-8", "replace")
    return charsets.decoded(data, part.get_content_charset()).replace("\x00", "")
