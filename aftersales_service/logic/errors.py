"""The errors that the rules raise: all of them mean that the facts contradict themselves."""


class RuleError(ValueError):
    """Base of every error raised in this package."""


class InvalidTermError(RuleError):
    """A term has no usable length."""

    def __init__(self, length: int, unit: str) -> None:
        super().__init__(f"A term of {length} {unit} covers no day.")
        self.length = length
        self.unit = unit


class BrokenChainError(RuleError):
    """A term follows "the previous phase", but there is none for its component."""

    def __init__(self, key: object) -> None:
        super().__init__(f"Term {key!r} has no phase to follow.")
        self.key = key


class NoWorkingTimeError(RuleError):
    """A calendar has no working hours, or too few to ever reach a target."""

    def __init__(self) -> None:
        super().__init__("The calendar never offers that much working time.")


class ClockError(RuleError):
    """The log of a clock contradicts itself."""


class InvalidRhythmError(RuleError):
    """Batches that never come, or a cut-off day that no month has."""

    def __init__(self, every: int, cutoff_day: int) -> None:
        super().__init__(f"No batch every {every} months until day {cutoff_day}.")
        self.every = every
        self.cutoff_day = cutoff_day
