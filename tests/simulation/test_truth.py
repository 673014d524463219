"""What is true, since when, and who knows of it: the ground that runs are judged by."""

from __future__ import annotations

from .truth import Truth


class Clock:
    """It shows what a test says."""

    def __init__(self) -> None:
        self.time = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.time


def test_D14_a_price_is_replaced_when_the_command_that_did_has_ended() -> None:
    """A process may stand still in the middle of one: nobody can tell of what it did before."""
    clock = Clock()
    truth = Truth(clock)
    truth.write("a", 1, "host0")
    clock.time = 25.0
    assert truth.price("a") == 1 and truth.replaced(-1) > clock.time
    truth.ended(1)
    assert truth.replaced(-1) == 25.0


def test_D14_a_later_command_that_has_ended_replaces_it_as_well() -> None:
    """Another host's may overtake one that stands still."""
    clock = Clock()
    truth = Truth(clock)
    truth.write("a", 1, "host0")
    truth.write("a", 2, "host1")
    clock.time = 3.0
    truth.ended(2)
    assert truth.replaced(-1) == truth.replaced(1) == 3.0


def test_D14_what_a_process_wrote_that_is_gone_counts_since_it_was_written() -> None:
    """Its command never ended: the other hosts learn of it from the log."""
    clock = Clock()
    truth = Truth(clock)
    truth.write("b", 1, "host0")
    truth.write("c", 2, "host1")
    clock.time = 25.0
    assert truth.gone("host0") == ("b",)
    assert truth.replaced(-2) == 0.0
    assert truth.replaced(-3) > clock.time


def test_O4_what_ended_just_before_its_process_may_be_known_to_nobody() -> None:
    """What ended earlier was told."""
    clock = Clock()
    truth = Truth(clock)
    truth.write("a", 1, "host0")
    truth.ended(1)
    clock.time = 5.0
    truth.write("b", 2, "host0")
    truth.ended(2)
    assert truth.gone("host0") == ("b",)
