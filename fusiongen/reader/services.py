"""`@service` classes: their options and their methods, inherited ones included."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator

import libcst as cst

from ..contract import Contract, Ref
from ..errors import Diagnostic, Span, Violation
from ..rules.files import NotPython
from ..rules.protocols import NotAMethod
from ..rules.services import BadServiceOption, DuplicateService, MisplacedService
from .expressions import Names, constant
from .methods import MethodSyntax, read_method
from .module import Module
from .raises import raised_classes
from .scan import dotted, statements
from .syntax import Decoration, Inheritance, ProtocolSyntax, decorations, is_service

__all__ = ["ServiceSyntax", "services_of"]


class ServiceSyntax:
    """One contract that is read but for its `invalidates`.

    contract: its model; `methods` is empty yet.
    methods: inherited ones first, in the order of their declaration.
    diagnostics: what breaks a rule; the rest is read all the same.
    unread: the names of what is no method, or not wholly understood.
    complete: whether all that it inherits is there.
    """

    def __init__(self, syntax: ProtocolSyntax, decoration: Decoration) -> None:
        self._syntax = syntax
        self.diagnostics: list[Diagnostic] = []
        self.methods: dict[str, MethodSyntax] = {}
        self.unread: set[str] = set()
        self.contract = self._contract(decoration)
        inheritance = Inheritance(syntax)
        self.diagnostics.extend(inheritance.diagnostics)
        self.complete = inheritance.complete
        for protocol in reversed(inheritance.order):
            self._read_methods(protocol)

    def _contract(self, decoration: Decoration) -> Contract:
        syntax = self._syntax
        options = _Options(syntax.module)
        name = snake_case(syntax.ref.name)
        for argument in decoration.call.args if decoration.call else ():
            try:
                options.read(argument)
            except Violation as violation:
                self.diagnostics.append(violation.diagnostic)
        if not self.diagnostics and options.name is None and not _is_service_name(name):
            problem = f"`{syntax.ref.name}` gives no service name: `{name}` is none"
            fix = 'Name it in lower-case ASCII letters: `@service(name="…")`.'
            self.diagnostics.append(BadServiceOption.at(syntax.span, problem, fix))
        return Contract(
            ref=syntax.ref,
            file=syntax.module.file,
            name=options.name or name,
            version=options.version,
            internal=options.internal,
            raises=options.raises,
            doc=syntax.node.get_docstring(),
            methods=(),
            span=syntax.span,
        )

    def _read_methods(self, protocol: ProtocolSyntax) -> None:
        own: set[str] = set()
        for node in statements(protocol.node.body):
            if not isinstance(node, cst.FunctionDef):
                self._look_at(protocol.module, node)
                continue
            name = node.name.value
            syntax = read_method(protocol.module, node, protocol.variables, own)
            self.diagnostics.extend(syntax.diagnostics)
            if name in own:
                span = protocol.module.span(node.name)
                self.diagnostics.append(NotAMethod.at(span, f"`{name}` is declared twice"))
                self.unread.add(name)
                continue
            own.add(name)
            self.methods[name] = syntax
            (self.unread.add if syntax.diagnostics else self.unread.discard)(name)

    def _look_at(self, module: Module, node: cst.CSTNode) -> None:
        """What is no method has no place in a contract."""
        match node:
            case cst.Pass():
                return
            case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString() | cst.Ellipsis()):
                return
            case cst.ClassDef(name=name) if _is_service(module, node):
                return  # FG016 says it
            case cst.ClassDef(name=name) | cst.AnnAssign(target=cst.Name() as name):
                self.unread.add(name.value)
        code = module.code(node)
        self.diagnostics.append(NotAMethod.at(module.span(node), f"`{code}` is no method"))


class _Options:
    """The options of `@service`."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self.name: str | None = None
        self.version: int | None = None
        self.internal = False
        self.raises: tuple[Ref, ...] = ()

    def read(self, argument: cst.Arg) -> None:
        """Read one option.

        Raises:
            Violation: there is no such option, or its value is none (FG014), or not known (FG002).
        """
        option = argument.keyword.value if argument.keyword else ""
        value = argument.value
        text = constant(value)
        match option:
            case "name" if isinstance(value, cst.SimpleString):
                name = value.evaluated_value
                if isinstance(name, str) and _is_service_name(name):
                    self.name = name
                    return
            case "version" if text is not None and text.isdigit():
                self.version = int(text)
                return
            case "internal" if text in ("True", "False"):
                self.internal = text == "True"
                return
            case "raises":
                found = raised_classes(self._module, value)
                if found is not None:
                    self.raises = found
                    return
            case "name" | "version" if text == "None":
                return
        code = self._module.code(argument.with_changes(comma=cst.MaybeSentinel.DEFAULT))
        problem = f"`{code}` is no option of `@service`"
        raise BadServiceOption.violation(self._module.span(argument), problem)


def _is_service_name(name: str) -> bool:
    return re.fullmatch(r"[a-z][a-z0-9_]*", name) is not None and not keyword.iskeyword(name)


def snake_case(name: str) -> str:
    """`HTTPCarts2` → `http_carts2`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return spaced.lower().strip("_")


def services_of(module: Module, diagnostics: list[Diagnostic]) -> Iterator[ServiceSyntax]:
    """The contracts of one module, in the order of the text.

    diagnostics: takes what is wrong with how they are declared.
    """
    scan = module.scan
    if module.nests_too_deeply:
        diagnostics.append(NotPython.at(Span(module.file, 1, 1), "something here nests too deeply"))
        return
    for each in scan.inner:
        if _is_service(module, each) or _is_inner_service(module, each):
            problem = f"`{each.name.value}` is inside of a class or a function"
            diagnostics.append(MisplacedService.at(module.span(each.name), problem))
    for call in scan.calls:
        if _calls_service(module, call):
            problem = "`service` is called as a function"
            diagnostics.append(MisplacedService.at(module.span(call), problem))
    rebound = {each.name.value: each for each in scan.rebound if _is_service(module, each)}
    for each in rebound.values():
        problem = f"`{each.name.value}` is bound to something else in this module, too"
        span = module.span(each.name)
        diagnostics.append(DuplicateService.at(span, problem, "Name one differently."))
    names = Names(module)
    for name, node in scan.definitions.items():
        if not isinstance(node, cst.ClassDef) or name in rebound:
            continue
        for decoration in decorations(module, node.decorators):
            if decoration.unbound is not None:  # it may be `service`
                try:
                    names.ref(decoration.unbound, decoration.node)
                except Violation as violation:
                    diagnostics.append(violation.diagnostic)
            if decoration.name != "service":
                continue
            if name in scan.typing_only:
                problem = f"`{name}` is only defined for type checkers"
                diagnostics.append(MisplacedService.at(module.span(node.name), problem))
                break
            ref = Ref(module=module.name, name=name)
            yield ServiceSyntax(ProtocolSyntax(ref, module, node), decoration)
            break


def _is_service(module: Module, node: cst.ClassDef) -> bool:
    """Whether a class is decorated with `@service`, for all that can be seen."""
    return any(each.name == "service" for each in decorations(module, node.decorators))


def _is_inner_service(module: Module, node: cst.ClassDef) -> bool:
    """Whether it is, by what functions and classes import."""
    for decorator in node.decorators:
        called = decorator.decorator
        head, *rest = (dotted(getattr(called, "func", called)) or "").split(".")
        bound = module.scan.inner_bindings.get(head)
        if bound is not None:
            name = ".".join((bound.name, *rest) if bound.name else rest)
            if is_service(module.modules, Ref(module=bound.module, name=name)):
                return True
    return False


def _calls_service(module: Module, call: cst.Call) -> bool:
    """Whether a call is one of `service`, or there is one in it."""
    ref = module.named(call.func)
    if ref is not None and is_service(module.modules, ref):
        return True
    parts = (call.func, *(argument.value for argument in call.args))
    return any(_calls_service(module, each) for each in parts if isinstance(each, cst.Call))
