"""Writes the pages that list rules: `python -m fusiongen.manual.pages`."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path

from ..compat.rule import BreakingRule, Tier
from ..compat.rules.all import BREAKING_RULES
from ..rules.all import RULES
from ..rules.base import Rule

__all__ = ["pages", "write"]

_RULES = """\
# Contract rules

What `fusiongen` refuses in contracts, and what it warns of. This page is generated from the rules
themselves.

Errors fail `generate` and `check`. Warnings are printed, and fail only with `--strict`. A comment
silences a warning, on the line that it names or on a decorator or a comment directly above: `#
fusiongen: ignore[FG060]`. Errors cannot be silenced: the generated code would be wrong.
"""
_COMPAT = """\
# Breaking changes

What `fusiongen check --against REF|FILE` reports: changes of contracts, and of the types that they
refer to, since the lock of a git revision (`--against main`) or a lock file. This page is
generated from the rules themselves.

There are three tiers, and each holds those after it: `--tier wire` reports WIRE and CACHE.

- **SOURCE**: callers' source does not type-check, or not run, against the new contract.
- **WIRE**: calls fail between a process of the old version and one of the new version, as both run
  during a deployment.
- **CACHE**: an invalidation is lost between them: a stale result may be served, and nothing
  reports it.

A change that is meant is allowed in `pyproject.toml`, with its reason:

```toml
[[tool.fusiongen.allow]]
rule = "METHOD_REMOVED"
at = "carts.ping"
reason = "its last caller is gone since March"
```

An entry that no change matches is a warning, so that none stays that would hide the next change.

What was renamed and keeps its old name as an alias (`Cart = Basket`), or moved and is still
imported where it was, has not changed for anybody, unless its name travels: that of an exception,
the tag of a Struct, the place in a union. The lock of a revision is looked for where its `out`
says, if that is another folder now.

Calls carry all arguments by position, defaults filled in; records carry their fields by name, and
readers skip fields that they do not know; enums travel as values; a union of types that look alike
travels as the index of the member. Each example here is also a test: clients and servers of both
versions, callers under mypy. Below it is what is said of it: what changed, as `at` of an `allow`
names it, how, and what to do instead.

Whether a command is `transient` is nothing that breaks: its host alone knows what it stores. Its
callers send the same, and instances of both versions tell each other the same keys.

What is compared is what travels, not how it is spelled. Constants stand for their values, wherever
they are: in defaults, members of enums, `Annotated`, options; arithmetic, f-strings, `NewType`s of
a literal and methods of strings are worked out, and so are `auto()`, `_generate_next_value_` and
`__new__` of enums that come down to one expression. None of your code runs for it. What cannot be
known so (a call, a name that is given several values or comes from a library) is compared as text,
with the constants in it opened: a change of the text is reported, as of the strictest kind that
it could be; a change behind the text, of a function's body or of a library, is not seen.
"""


def pages() -> Mapping[str, str]:
    """The text of each page, by its file name."""
    return {
        "rules.md": "\n".join((_RULES, *map(_rule, RULES))),
        "compat.md": "\n".join((_COMPAT, *_by_tier())),
    }


def write(folder: Path) -> None:
    """Bring the pages in a folder up to date."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def _rule(rule: type[Rule]) -> str:
    kind = "warning" if rule.warning else "error"
    shown = next((each for each in rule.INVALID if each.fix is None), rule.INVALID[0])
    return (
        f"## {rule.id} ({kind})\n\n{_prose(rule)}\n\n"
        f"```python\n{_dedented(shown.source)}\n```\n\n"
        f"{shown.message[0].upper()}{shown.message[1:]}. {rule.fix}\n"
    )


def _by_tier() -> Iterator[str]:
    for tier in Tier:
        yield f"## {tier.name}\n"
        yield from (_breaking(rule) for rule in BREAKING_RULES if rule.tier is tier)


def _breaking(rule: type[BreakingRule]) -> str:
    shown = rule.BREAKING[0]
    old, new = (_dedented(side).splitlines() for side in shown.case)
    diff = [
        line
        for line in difflib.unified_diff(old, new, n=99, lineterm="")
        if not line.startswith(("---", "+++", "@@"))
    ]
    example = "\n".join(line.rstrip() for line in diff)
    return (
        f"### {rule.id}\n\n{_prose(rule)}\n\n```diff\n{example}\n```\n\n"
        f"`{shown.at}`: {shown.message}. {rule.advice}.\n"
    )


def _prose(rule: type[object]) -> str:
    return inspect.getdoc(rule) or ""


def _dedented(case: str) -> str:
    return inspect.cleandoc(f"\n{case}")


if __name__ == "__main__":
    write(Path("docs"))
