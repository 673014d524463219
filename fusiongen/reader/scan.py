"""The module-level bindings of one file."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from ..contract import Ref

__all__ = ["Scan", "dotted", "statements"]


class Scan:
    """Collects what a module binds. The first binding of a name counts: that of `if TYPE_CHECKING:`
    before that of its `else:`.

    bindings: what each name means.
    definitions: the class, function or assigned value of each name that is defined here.
    hidden: classes whose name was bound before them.
    submodules: those that `import a.b.c` makes reachable from `a`.
    stars: the modules of star imports.
    typing_only: the names that are defined, not imported, under `if TYPE_CHECKING:`.
    """

    def __init__(self, name: str, tree: cst.Module, is_package: bool) -> None:
        self.bindings: dict[str, Ref] = {}
        self.definitions: dict[str, cst.CSTNode] = {}
        self.hidden: list[cst.ClassDef] = []
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
            case cst.SimpleStatementLine():
                self._block(node, typing_only)
            case cst.ClassDef(name=name) | cst.FunctionDef(name=name):
                self._define(name.value, node, typing_only)
            case cst.If(test=test, body=body, orelse=orelse):
                guarded = dotted(test) in ("TYPE_CHECKING", "typing.TYPE_CHECKING")
                self._block(body, typing_only or guarded)
                if orelse is not None:
                    self._statement(orelse, typing_only)
            case cst.Else(body=body) | cst.With(body=body) | cst.ExceptHandler(body=body):
                self._block(body, typing_only)
            case cst.Try(body=body, handlers=handlers, orelse=orelse):
                self._block(body, typing_only)
                for handler in handlers:
                    self._statement(handler, typing_only)
                if orelse is not None:
                    self._statement(orelse, typing_only)

    def _block(self, body: cst.BaseSuite | cst.SimpleStatementLine, typing_only: bool) -> None:
        for statement in body.body:
            self._statement(statement, typing_only)

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
                for target in targets:
                    if isinstance(target.target, cst.Name):
                        self._define(target.target.value, value, typing_only)
            case cst.AnnAssign(target=cst.Name(value=name), value=assigned) if assigned is not None:
                self._define(name, assigned, typing_only)
            case cst.TypeAlias(name=cst.Name(value=name), value=value):
                self._define(name, value, typing_only)

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
        if name not in self.bindings:
            self.definitions[name] = node
            if typing_only:
                self.typing_only.add(name)
        elif isinstance(node, cst.ClassDef):
            self.hidden.append(node)
        self._bind(name, Ref(module=self._name, name=name))

    def _bind(self, name: str, ref: Ref) -> None:
        self.bindings.setdefault(name, ref)


def _local(alias: cst.ImportAlias) -> str:
    name = alias.asname.name if alias.asname is not None else alias.name
    return name.value if isinstance(name, cst.Name) else ""


def dotted(node: cst.CSTNode | None) -> str | None:
    """`a.b.C` for the nodes that spell it, `None` for every other node."""
    names: list[str] = []
    while isinstance(node, cst.Attribute):
        names.append(node.attr.value)
        node = node.value
    if not isinstance(node, cst.Name):
        return None
    return ".".join((node.value, *reversed(names)))


def statements(body: cst.BaseSuite) -> Iterator[cst.CSTNode]:
    """The statements of a block, those that share a line apart."""
    for statement in body.body:
        if isinstance(statement, cst.SimpleStatementLine):
            yield from statement.body
        else:
            yield statement
