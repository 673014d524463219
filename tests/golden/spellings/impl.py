from .expected.trees import TreesService
from .kinds import Node, Order


class Trees_(TreesService):
    def __init__(self) -> None:
        self.roots: dict[str, Node] = {}

    async def find(self, name: str, /, depth: int = 1, *, by: Order = Order.OLDEST) -> Node | None:
        return self.roots.get(name) if by is Order.OLDEST else None

    async def names(self, of: Node | None = None) -> tuple[str, ...]:
        return tuple(node.name for node in of.inner) if of else tuple(self.roots)

    async def either(self, what: str | tuple[str, ...], /) -> int | tuple[str, ...] | None:
        return len(self.roots) if what == "all" else None

    async def put(self, root: Node, /) -> None:
        self.roots[root.name] = root


async def main() -> None:
    trees = Trees_()
    assert await trees.find("a") is None
    assert await trees.either("all") == 0
    tree = Node("a", (Node("b"),))
    await trees.put(tree)
    assert await trees.find("a") == tree
    assert await trees.find("a", 1, by=Order.NEWEST) is None
    assert await trees.names(tree) == ("b",)
    assert await trees.either("all") == 1
    assert await trees.either(("all",)) is None
