"""A contract with its methods, inherited ones included."""

from __future__ import annotations

import libcst as cst

from ..rules.protocols import NotAMethod
from .bases import ProtocolSyntax
from .declarations import Declaration
from .decorators import decorations, has_service
from .heads import head_of
from .inheritance import Inheritance
from .methods import MethodSyntax, read_method
from .modules import Module
from .nodes import statements

__all__ = ["ServiceSyntax"]


class ServiceSyntax:
    """One contract that is read but for its `invalidates`.

    contract: its head; `methods` is empty yet.
    methods: inherited ones first, in the order of their declaration.
    diagnostics: what breaks a rule; the rest is read all the same.
    unread: the names of what is no method, or not wholly understood.
    complete: whether all that it inherits is there.
    """

    def __init__(self, declaration: Declaration) -> None:
        self.contract, found = head_of(declaration)
        self.methods: dict[str, MethodSyntax] = {}
        self.unread: set[str] = set()
        inheritance = Inheritance(ProtocolSyntax.of(declaration))
        self.diagnostics = [*found, *inheritance.diagnostics]
        self.complete = inheritance.complete
        for protocol in reversed(inheritance.order):
            self._read_methods(protocol)

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
            case cst.ClassDef(name=name) if has_service(decorations(module, node.decorators)):
                return  # FG016 says it
            case cst.ClassDef(name=name) | cst.AnnAssign(target=cst.Name() as name):
                self.unread.add(name.value)
        code = module.code(node)
        self.diagnostics.append(NotAMethod.at(module.span(node), f"`{code}` is no method"))
