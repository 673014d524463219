"""Unions: told apart on the wire by what a value begins with, a tag, or an index; in JavaScript by
what it is, a tag, or `{ type, value }`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

from .names import property_name
from .shown import Shown, Tag

__all__ = ["Member", "union_of"]


class Member(NamedTuple):
    """One member. name: what tells it where JavaScript cannot."""

    name: str
    shown: Shown


def union_of(members: Sequence[Member], tags: Sequence[Tag | None], *, indexed: bool) -> Shown:
    """The union of these, without `None`."""
    if len(members) == 1:
        return members[0].shown
    by_tag = not indexed and len({tag.field for tag in tags if tag}) == 1
    named = not _told_apart(members, tags if by_tag else [None] * len(members))
    types = ", ".join(f"{property_name(each.name)}: {each.shown.codec}" for each in members)
    how = [f"{word}: true" for word, given in (("indexed", indexed), ("named", named)) if given]
    if by_tag:
        how.append(f"tag: {json.dumps(next(tag.field for tag in tags if tag))}")
    options = f", {{ {', '.join(how)} }}" if how else ""
    scripts = [
        f"{{ type: {json.dumps(each.name)}; value: {each.shown.script} }}"
        if named
        else each.shown.script
        for each in members
    ]
    forms = (
        frozenset(("object",)) if named else frozenset().union(*(m.shown.forms for m in members))
    )
    return Shown(f"f.union({{ {types} }}{options})", " | ".join(dict.fromkeys(scripts)), forms)


def _told_apart(members: Sequence[Member], tags: Sequence[Tag | None]) -> bool:
    """Whether no two members have values that look alike in JavaScript."""
    seen: set[str] = set()
    for member, tag in zip(members, tags, strict=True):
        forms = {f"tag {tag.value}"} if tag else member.shown.forms
        if "any" in forms or not seen.isdisjoint(forms):
            return False
        seen |= forms
    return not ("object" in seen and any(each.startswith("tag ") for each in seen))
