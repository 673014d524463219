from dataclasses import dataclass


@dataclass(frozen=True)
class CartsClient:
    name: str
