"""The module-level bindings of one file."""

from __future__ import annotations

import libcst as cst

from ..contract import Ref
from .nodes import blocks, dotted

__all__ = ["Scan"]


_GUARDS = ("typing.TYPE_CHECKING", "typing_extensions.TYPE_CHECKING")


class Scan:
    """Collects what a module binds. The first binding of a name counts: that of `if TYPE_CHECKING:`
    before that of its `else:`.

    bindings: what each name means.
    definitions: the class, function or assigned value of each name that is defined here.
    assigned: all the values of each name that is given one here; of a part, twice the whole.
    aliases: those that a `type` statement makes.
    rebound: classes that are not all that their name is bound to.
    several: the names that are defined here, and mean something else elsewhere here.
    inner: classes inside of classes and functions.
    inner_bindings: what is imported there.
    calls: calls that are a statement, or the value of one.
    submodules: those that `import a.b.c` makes reachable from `a`.
    stars: the modules of star imports.
    typing_only: the names that are defined, not imported, under `if TYPE_CHECKING:`.
    """

    def __init__(self, name: str, tree: cst.Module, is_package: bool) -> None:
        self.bindings: dict[str, Ref] = {}
        self.definitions: dict[str, cst.CSTNode] = {}
        self.assigned: dict[str, list[cst.BaseExpression]] = {}
        self.aliases: dict[str, cst.TypeAlias] = {}
        self.rebound: list[cst.ClassDef] = []
        self.several: set[str] = set()
        self.inner: list[cst.ClassDef] = []
        self.inner_bindings: dict[str, Ref] = {}
        self.calls: list[cst.Call] = []
        self.submodules: set[str] = set()
        self.stars: list[str] = []
        self.typing_only: set[str] = set()
        self._name = name
        self._is_package = is_package
        for statement in tree.body:
            self._statement(statement, typing_only=False)

    def _statement(self, node: cst.CSTNode, typing_only: bool) -> None:
        match node:
            case cst.BaseSmallStatement():
                self._simple(node, typing_only)
            case cst.ClassDef(name=name) | cst.FunctionDef(name=name):
                self._define(name.value, node, typing_only)
                self._look_into(node.body)
            case cst.If(test=test, body=body, orelse=orelse):
                negated = isinstance(test, cst.UnaryOperation)
                guarded = self._checks_types(test)
                self._statement(body, typing_only or (guarded and not negated))
                if orelse is not None:
                    self._statement(orelse, typing_only or (guarded and negated))
            case _:
                for block in blocks(node):
                    self._statement(block, typing_only)

    def _simple(self, node: cst.BaseSmallStatement, typing_only: bool) -> None:
        match node:
            case cst.Import(names=aliases):
                for alias in aliases:
                    self._import(alias)
            case cst.ImportFrom(names=cst.ImportStar()):
                self.stars.append(self._source(node))
            case cst.ImportFrom(names=aliases) if not isinstance(aliases, cst.ImportStar):
                source = self._source(node)
                for alias in aliases if source else ():  # none: it climbs out of the source root
                    self._bind(_local(alias), Ref(module=source, name=dotted(alias.name) or ""))
            case cst.Assign(targets=targets, value=value):
                self._called(value)
                for target in targets:
                    self._assign(target.target, value, typing_only)
            case cst.Expr(value=value):
                self._called(value)
            case cst.AnnAssign(target=cst.Name(value=name), value=assigned) if assigned is not None:
                self._called(assigned)
                self._define(name, assigned, typing_only)
            case cst.AugAssign(target=cst.Name(value=name), value=value):
                self.assigned.setdefault(name, []).append(value)
            case cst.TypeAlias(name=cst.Name(value=name), value=value):
                self.aliases.setdefault(name, node)
                self._define(name, value, typing_only)

    def _look_into(self, node: cst.CSTNode) -> None:
        match node:
            case cst.ClassDef():
                self.inner.append(node)
            case cst.Import(names=aliases):
                for alias in aliases:
                    name = dotted(alias.name) or ""
                    head = name if alias.asname is not None else name.partition(".")[0]
                    local = _local(alias) if alias.asname is not None else head
                    self.inner_bindings[local] = Ref(module=head, name="")
            case cst.ImportFrom(names=aliases) if not isinstance(aliases, cst.ImportStar):
                for alias in aliases:
                    ref = Ref(module=self._source(node), name=dotted(alias.name) or "")
                    self.inner_bindings[_local(alias)] = ref
        for block in blocks(node):
            self._look_into(block)

    def _checks_types(self, test: cst.BaseExpression) -> bool:
        """Whether a condition is `TYPE_CHECKING`, or `not` that."""
        match test:
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                return self._checks_types(inner)
            case cst.Name(value=name):
                bound = self.bindings.get(name)
                return name == "TYPE_CHECKING" or (bound is not None and str(bound) in _GUARDS)
            case cst.Attribute(attr=cst.Name(value=name)):
                return name == "TYPE_CHECKING"
        return False

    def _assign(self, target: cst.CSTNode, value: cst.BaseExpression, typing_only: bool) -> None:
        match target, value:
            case cst.Name(value=name), _:
                self._define(name, value, typing_only)
            case ((cst.Tuple() | cst.List()), (cst.Tuple() | cst.List())) if len(
                target.elements
            ) == len(value.elements):
                for each, part in zip(target.elements, value.elements, strict=True):
                    self._assign(each.value, part.value, typing_only)
            case ((cst.Tuple() | cst.List()), _):
                for each in target.elements:
                    self._assign(each.value, value, typing_only)
                    self._assign(each.value, value, typing_only)

    def _called(self, node: cst.CSTNode) -> None:
        if isinstance(node, cst.Call):
            self.calls.append(node)

    def _import(self, alias: cst.ImportAlias) -> None:
        name = dotted(alias.name) or ""
        if alias.asname is not None:
            self._bind(_local(alias), Ref(module=name, name=""))
            return
        head, *rest = name.split(".")
        self._bind(head, Ref(module=head, name=""))
        for part in rest:
            head = f"{head}.{part}"
            self.submodules.add(head)

    def _source(self, node: cst.ImportFrom) -> str:
        """The absolute name of the module that a `from` import reads; empty if it climbs higher
        than the source root."""
        target = dotted(node.module) or ""
        if not node.relative:
            return target
        base = self._name.split(".")
        climbed = len(node.relative) - self._is_package
        if climbed >= len(base):
            return ""
        return ".".join((*base[: len(base) - climbed], *([target] if target else ())))

    def _define(self, name: str, node: cst.CSTNode, typing_only: bool) -> None:
        if isinstance(node, cst.BaseExpression):
            self.assigned.setdefault(name, []).append(node)
        if name not in self.bindings:
            self.definitions[name] = node
            if typing_only:
                self.typing_only.add(name)
        self._bind(name, Ref(module=self._name, name=name), node)

    def _bind(self, name: str, ref: Ref, node: cst.CSTNode | None = None) -> None:
        if name in self.bindings:
            known = self.definitions.get(name)
            if known is not None and (node is None or not known.deep_equals(node)):
                self.several.add(name)
            both = (known, node)
            self.rebound.extend(each for each in both if isinstance(each, cst.ClassDef))
        self.bindings.setdefault(name, ref)


def _local(alias: cst.ImportAlias) -> str:
    name = alias.asname.name if alias.asname is not None else alias.name
    return name.value if isinstance(name, cst.Name) else ""
