"""`check --against`: tiers, places, what has only moved, and what is allowed."""

from __future__ import annotations

from pathlib import Path

import pytest

from fusiongen.commands.check import check
from fusiongen.compat.rule import Tier
from fusiongen.errors import GenerationError
from fusiongen.output.lock import LOCK_FILE
from fusiongen.output.write import generate
from tests.projects import CONFIG, Write

from .committed import NEW, OLD, TYPES, told_against

NAMED = '@service(name="carts")'
ALLOW = """
[[tool.fusiongen.allow]]
rule = "{rule}"
at = "carts.ping"
reason = "nobody calls it"
"""


def test_C6_a_revision_is_compared_with_todays_contracts(committed: Write) -> None:
    """What broke since the commit, each with its id, where the contract shows it."""
    loaded = committed({"shop/contracts.py": NEW})
    removed, renamed = told_against(loaded)
    assert (removed.rule, renamed.rule) == ("METHOD_REMOVED", "PARAMETER_RENAMED")
    assert str(removed).startswith("shop/contracts.py:8:7: breaking: carts.ping: METHOD_REMOVED")
    assert renamed.line == 13
    assert told_against(committed({"shop/contracts.py": OLD})) == []


def test_C6_a_tier_holds_those_after_it(committed: Write) -> None:
    """`wire` leaves out what only breaks source; `cache` also what only breaks calls."""
    loaded = committed({"shop/contracts.py": NEW})
    assert [each.rule for each in told_against(loaded, tier=Tier.WIRE)] == ["METHOD_REMOVED"]
    assert told_against(loaded, tier=Tier.CACHE) == []


def test_C6_a_lock_file_is_as_good_as_a_revision(committed: Write, tmp_path: Path) -> None:
    """The lock of another checkout will do."""
    generate(committed({"shop/contracts.py": OLD}))
    kept = tmp_path / "old.json"
    kept.write_bytes((tmp_path / "shop" / "generated" / LOCK_FILE).read_bytes())
    found = told_against(committed({"shop/contracts.py": NEW}), str(kept))
    assert [each.rule for each in found] == ["METHOD_REMOVED", "PARAMETER_RENAMED"]


def test_what_is_allowed_is_not_reported(committed: Write) -> None:
    """An entry with the rule's id and what changed; an id that there is not is told."""
    allowed = CONFIG + ALLOW.format(rule="METHOD_REMOVED")
    found = told_against(committed({"shop/contracts.py": NEW}, allowed))
    assert [each.rule for each in found] == ["PARAMETER_RENAMED"]
    wrong = committed({"shop/contracts.py": NEW}, CONFIG + ALLOW.format(rule="NONSENSE"))
    with pytest.raises(GenerationError, match="`NONSENSE` under `allow`"):
        told_against(wrong)


def test_C6_a_type_that_only_moved_breaks_nothing(committed: Write) -> None:
    """It is imported where it was; taken away from there, it breaks source, and not the wire."""
    moved = {"shop/contracts.py": OLD, "shop/more.py": TYPES}
    kept = "from shop.more import Cart as Cart\n"
    assert told_against(committed({**moved, "shop/types.py": kept})) == []
    contract = OLD.replace("shop.types", "shop.more")
    found = told_against(committed({**moved, "shop/contracts.py": contract, "shop/types.py": ""}))
    rules = {each.rule for each in found}
    assert rules == {"TYPE_REMOVED", "RESULT_RESPELLED", "PARAMETER_RESPELLED"}


@pytest.mark.parametrize(
    ("kept", "more"),
    [
        ("from shop.more import *\n", TYPES),
        ("from .more import *\n", f"{TYPES}\n\n__all__ = ('Cart',)\n"),
        ("from shop.most import *\n", TYPES),
        ("from typing import *\nfrom .more import *\nfrom gone import *\n", TYPES),
    ],
)
def test_C6_a_type_that_its_old_module_has_of_a_star_only_moved(
    committed: Write, kept: str, more: str
) -> None:
    """Whichever module the contract takes it from, it is the same type; and what changes of it is
    told."""
    star = "from .types import *\nfrom .more import *\n"  # each of the other one
    files = {"shop/types.py": kept, "shop/most.py": star, "shop/more.py": more}
    for contract in (OLD, OLD.replace("shop.types", "shop.more")):
        assert told_against(committed({**files, "shop/contracts.py": contract})) == []
        changed = {**files, "shop/more.py": more.replace("id: str", "id: int")}
        (found,) = told_against(committed({**changed, "shop/contracts.py": contract}))
        assert found.rule == "FIELD_TYPE_CHANGED"


def test_C6_a_type_that_no_star_brings_is_gone(committed: Write) -> None:
    """`__all__` says what one brings; a name that begins with `_` it does not bring by itself."""
    more = {"shop/contracts.py": OLD.replace("shop.types", "shop.more")}
    for text in (f"{TYPES}\n\n__all__ = ['Other']\n", f"{TYPES}\n\n__all__ = []\n"):
        files = {**more, "shop/types.py": "from shop.more import *\n", "shop/more.py": text}
        assert "TYPE_REMOVED" in {each.rule for each in told_against(committed(files))}


def test_C6_a_type_that_keeps_its_old_name_breaks_nothing(committed: Write) -> None:
    """A class that was renamed and is still found under the old name, as an alias, also where the
    contract uses the new one; so does the contract itself."""
    types = TYPES.replace("Cart", "Basket") + "\n\nCart = Basket\n"
    contract = OLD.replace("import Cart", "import Basket as B").replace("Cart", "B")
    contract = contract.replace("class Bs", "class Baskets").replace("@service", NAMED)
    contract += "\n\nCarts = Baskets\n"
    assert told_against(committed({"shop/contracts.py": contract, "shop/types.py": types})) == []


def test_what_is_allowed_in_vain_is_told(committed: Write) -> None:
    """An entry that no change matches is a warning, for it hides the next one; one of a change that
    the tier leaves out is not."""
    config = CONFIG + ALLOW.format(rule="METHOD_REMOVED")
    loaded = committed({"shop/contracts.py": OLD}, config)
    generate(loaded)
    (told,) = check(loaded, "HEAD", Tier.SOURCE)
    assert (told.kind, told.path, told.rule) == ("warning", "pyproject.toml", "METHOD_REMOVED")
    assert "`METHOD_REMOVED` at `carts.ping` is allowed, and there is no such change" in str(told)
    loaded = committed({"shop/contracts.py": NEW}, config)
    generate(loaded)
    assert check(loaded, "HEAD", Tier.CACHE) == []
