"""Cutting a block of registers into reads.

Rules. A read is cut only where a point starts: some devices refuse reads that touch half a value, and no value may come
from two moments. A value longer than a read may be (a long string) is cut anyway.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from ironkeep.codecs.modbus import REGISTERS_MAX


def cut(borders: Sequence[int], end: int, registers_max: int) -> Iterator[tuple[int, int]]:
    """Pairs of first register and count that cover 0 to `end`, each at most `registers_max` registers.

    `borders` are the offsets at which a point starts, ascending.
    """
    most = max(1, min(registers_max, REGISTERS_MAX))
    at = 0
    while at < end:
        if end - at <= most:
            yield at, end - at
            return
        last = borders[bisect_right(borders, at + most) - 1] if borders else 0
        after = last if last > at else at + most
        yield at, after - at
        at = after


def spans(wanted: Sequence[tuple[int, int]], registers_max: int, gap_max: int) -> list[tuple[int, int]]:
    """Pairs of first register and count that cover the wanted (register, size) pairs of a vendor map.

    Holes up to `gap_max` registers are read along; wider ones are left out, since a device may refuse them.
    """
    most = max(1, min(registers_max, REGISTERS_MAX))
    found: list[tuple[int, int]] = []
    for start, size in sorted(set(wanted)):
        if found:
            first, count = found[-1]
            end = max(first + count, start + size)
            if start - (first + count) <= gap_max and end - first <= most:
                found[-1] = (first, end - first)
                continue
        found.append((start, size))
    return [(start + at, min(most, size - at)) for start, size in found for at in range(0, size, most)]
