from .contract import Address, Parcel, Person
from .expected.post import PostService


class Post(PostService):
    def __init__(self) -> None:
        self.sent = 0

    async def of(self, city: str, name: str = "") -> int:
        return self.sent

    async def maybe(self, city: str | None) -> int:
        return self.sent

    async def send(self, parcel: Parcel, note: str | None) -> tuple[Person, ...] | None:
        self.sent += 1
        return (parcel.sender,) if parcel.sender is not None else None


async def main() -> None:
    post = Post()
    assert await post.of("rome") == await post.maybe(None) == await post.maybe("rome") == 0
    assert await post.of("12", "al") == await post.of("note") == await post.of("k", "x") == 0
    await post.send(Parcel(sender=None), None)
    assert await post.maybe(None) == 1
    assert await post.of("rome") == await post.of("note") == 0
    rome = Person("ann", Address("rome", "1"))
    line = Person("al", Address(None, "12"))
    await post.send(Parcel(sender=rome, lines=[line, Person("x")], weights={"k": 1.0}), "note")
    assert await post.of("rome") == await post.of("note") == await post.maybe("rome") == 2
    assert await post.of("12", "al") == await post.of("k", "x") == 2
