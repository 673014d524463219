from typing import Any

from .contract import Box, Checked, NamedBox, Page, Place, Point, Row, Shape, Tree
from .expected.shapes import ShapesService


class Shapes(ShapesService):
    def __init__(self) -> None:
        self.drawn: list[Shape | None] = []

    async def area(
        self, point: Point, box: Box, named: NamedBox, style: Shape.Style, place: Place
    ) -> float:
        return box.size * named.size

    async def shape(self, checked: Checked) -> dict[str, list[Shape | None]]:
        return {"all": list(self.drawn)}

    async def page(self) -> Page[Box]:
        return Page((Box(Point(0), len(self.drawn)),))

    async def draw(self, shape: Shape, checked: Checked, rows: list[Row]) -> Tree:
        self.drawn.append(shape)
        return Tree(1, [Tree(2, [])])

    async def anything(self, data: dict[str, Any]) -> object:
        return data


async def main() -> None:
    shapes = Shapes()
    point, box = Point(1), Box(Point(1), 2)
    named = NamedBox(Point(1), 3, "b")
    place = Place("here", point)
    assert await shapes.area(point, box, named, Shape.Style(), place) == 6
    assert await shapes.area(Point(1), box, named, Shape.Style(colour="red"), place) == 6
    assert await shapes.shape(Checked(1)) == {"all": []}
    assert (await shapes.page()).items[0].size == 0
    await shapes.draw(Shape(id=1), Checked(1), [{"id": 1}])
    assert await shapes.shape(Checked(1)) == {"all": [Shape(id=1)]}
    assert (await shapes.page()).items[0].size == 1
