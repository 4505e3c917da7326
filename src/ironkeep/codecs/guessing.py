"""What is guessed of a recording so far, and cells of its sample: shared by every part of the guess."""

from __future__ import annotations

from dataclasses import dataclass, field

from ironkeep.model.recording import FileWords, Guess, Head, Sure


@dataclass
class Guessing:
    """What is guessed so far."""

    head: Head
    guesses: list[Guess] = field(default_factory=list)

    def say(self, subject: str, taken: str, sure: Sure, why: str) -> None:
        """Note a guess."""
        self.guesses.append(Guess(subject, taken, sure, why))

    def cells(self, name: str) -> list[str]:
        """The sample cells of a column that hold something."""
        number = self.head.names.index(name)
        return [row[number].strip() for row in self.head.sample if row[number].strip()]


def decimal(text: str, file: FileWords) -> float | None:
    """The number that a cell holds by the words of the file, or None."""
    plain = text.strip().replace(file.thousands, "") if file.thousands else text.strip()
    try:
        return float(plain.replace(file.decimal, "."))
    except ValueError:
        return None
