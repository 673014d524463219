"""What the body of a class declares: fields, properties, enum members, configuration."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping

import libcst as cst

from ..contract import Named, Ref, Type
from ..errors import Violation
from .annotations import Annotations
from .configuration import entries
from .expressions import Names, Unreadable
from .literals import spelled
from .modules import Module
from .nodes import blocks, dotted, statements
from .parameters import declared_variables
from .shadows import Shadows
from .shapes import Field
from .values import Values, given_names

__all__ = ["Members", "type_or_none"]


_NO_VARIABLES: Mapping[str, Type] = {}


class Members:
    """What the body of the class of this name declares."""

    def __init__(self, module: Module, ref: Ref, node: cst.ClassDef, values: Values) -> None:
        self._values = values
        self._module = module
        self.statements = list(statements(node.body))
        self._inner = declared_variables(module, ref, node) | {
            inner.name.value: Named(
                ref=Ref(module=ref.module, name=f"{ref.name}.{inner.name.value}")
            )
            for inner in self.statements
            if isinstance(inner, cst.ClassDef)
        }

    def annotated(self, shadows: Shadows | None = None) -> Iterator[Field]:
        after_mark = False
        for node, below in zip(self.statements, (*self.statements[1:], None), strict=True):
            match node:
                case cst.AnnAssign(target=cst.Name(value=name), value=value):
                    annotation = node.annotation.annotation
                    text = self.spelled(annotation)
                    if "ClassVar" in text:
                        continue
                    type_ = self._type(annotation)
                    if isinstance(type_, Named) and type_.ref.name == "ClassVar":
                        continue
                    shown = str(type_) if type_ else text
                    if shown == "dataclasses.KW_ONLY":
                        after_mark = True
                        continue
                    default = self.spelled(value) if value is not None else None
                    valued = self.valued(value) if value is not None else None
                    doc = _string(below)
                    shadowed = shadows.of(node) if shadows is not None else None
                    flaw = _flaw(shadowed, once=self._is_given_once(annotation))
                    flaw = flaw or (None if type_ else self._misused(annotation))
                    yield Field(name, type_, shown, default, valued, doc, flaw, after_mark)

    def _is_given_once(self, annotation: cst.BaseExpression) -> bool:
        """Whether it is an `InitVar`, in quotes, too."""
        head = annotation.value if isinstance(annotation, cst.Subscript) else annotation
        quoted = isinstance(annotation, cst.SimpleString) and "InitVar" in annotation.value
        return quoted or self.named(head) == "dataclasses.InitVar"

    def typed_by(self, name: str, value: cst.Call, annotation: cst.BaseExpression | None) -> Field:
        """A field that says its type, if at all, in a call."""
        type_ = self._type(annotation) if annotation is not None else None
        flaw = "it has no type" if annotation is None else self._misused(annotation)
        default, valued = self.spelled(value), self.valued(value)
        return Field(name, type_, str(type_ or ""), default, valued, flaw=flaw)

    def _type(self, annotation: cst.BaseExpression) -> Type | None:
        return type_or_none(self._module, annotation, self._inner)

    def _misused(self, annotation: cst.BaseExpression) -> str | None:
        return Annotations(self._module, self._inner).misused(annotation)

    def named(self, node: cst.BaseExpression) -> str:
        """What a dotted name means, in full; empty if it is none."""
        return str(self._module.meaning(node) or "")

    def assigned(self) -> Iterator[Field]:
        for node, below in zip(self.statements, (*self.statements[1:], None), strict=True):
            for name, value in given_names(node):
                if not name.startswith("_"):
                    yield Field(name, None, "", self.spelled(value), doc=_string(below))

    def properties(self) -> Iterator[Field]:
        for node in self.statements:
            match node:
                case cst.FunctionDef(name=name, returns=cst.Annotation(annotation=annotation)):
                    if any(
                        dotted(each.decorator) in ("property", "cached_property", "computed_field")
                        for each in node.decorators
                    ):
                        type_ = self._type(annotation)
                        yield Field(name.value, type_, self.spelled(annotation))

    def defines(self, method: str) -> bool:
        return any(
            isinstance(node, cst.FunctionDef) and node.name.value == method
            for node in self.statements
        )

    def on_condition(self, *, assigned: bool) -> Iterator[str]:
        """The names that the class declares in a block of its body; if `assigned`, also those that
        it only gives values to."""
        for node in _below(self.statements):
            match node:
                case cst.AnnAssign(target=cst.Name(value=name), annotation=annotation):
                    if "ClassVar" not in self.spelled(annotation.annotation):
                        yield name
                case cst.Assign() if assigned:
                    yield from (name for name, _ in given_names(node))

    def configuration(self) -> dict[str, str]:
        """What pydantic's `model_config` says; of what is none of its classes, another name."""
        return {
            option: text
            for node in self.statements
            for name, value in given_names(node)
            if name in ("model_config", "__pydantic_config__")
            for option, text in self.configured(value).items()
        }

    def configured(self, node: cst.BaseExpression) -> dict[str, str]:
        """What a configuration of pydantic's says."""
        return dict(entries(self._values.of(self._module, node)))

    def valued(self, node: cst.CSTNode) -> str:
        """What a piece of the class's text comes down to."""
        tree = self._values.of(self._module, node)
        return self.spelled(node) if tree is None else spelled(tree)

    def spelled(self, node: cst.CSTNode) -> str:
        """A piece of the class's text in canonical spelling."""
        names = Names(self._module)
        if isinstance(node, cst.BaseExpression):
            try:
                return str(names.expression(node, node, calls=True))
            except (Unreadable, Violation):
                pass
        return " ".join(self._module.tree.code_for_node(node).split())


def _below(nodes: Iterable[cst.CSTNode]) -> Iterator[cst.CSTNode]:
    """The statements in the blocks of these, but for functions, classes and what only type checkers
    see."""
    for node in nodes:
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            continue
        checked = isinstance(node, cst.If) and (dotted(node.test) or "").endswith("TYPE_CHECKING")
        inner = list(blocks(node))[checked:]
        yield from inner
        yield from _below(inner)


def _flaw(shadowed: str | None, *, once: bool) -> str | None:
    if once:
        return "it is an `InitVar`, which is not kept; declare a field"
    if shadowed is not None:
        return f"in its class `{shadowed}` means something else; import the type by another name"
    return None


def _string(node: cst.CSTNode | None) -> str | None:
    """The text of a statement that is a string."""
    match node:
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString() as literal):
            value = literal.evaluated_value
            return inspect.cleandoc(value) if isinstance(value, str) else None
    return None


def type_or_none(
    module: Module,
    node: cst.BaseExpression,
    variables: Mapping[str, Type] = _NO_VARIABLES,
) -> Type | None:
    """The type that an annotation names, if it can be read; see `Annotations`."""
    try:
        return Annotations(module, variables).type(node)
    except Violation:
        return None
