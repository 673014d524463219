from .expected.button import ButtonService
from .expected.nothing import NothingService


class Button(ButtonService):
    presses = 0

    async def press(self) -> None:
        self.presses += 1


class Nothing(NothingService):
    pass


async def main() -> None:
    button = Button()
    await button.press()
    assert button.presses == 1
    Nothing()
