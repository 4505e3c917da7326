# ruff: noqa: S608 - SQL is put together from numbered columns and escaped texts alone
"""What a recording itself calls bad, as SQL: such a value is absent, and by which word is counted and told."""

from collections.abc import Iterator

from ironkeep.adapters.stores.recordings.door import Connection, texts
from ironkeep.adapters.stores.recordings.source import Source
from ironkeep.model.recording import QualityWords

WORDS_TOLD = 20  # words that are not good, told one by one


def counted(value: str, column: str, origin: Source, quality: tuple[QualityWords, ...]) -> str:
    """SQL of a value of a column: NaN where one of the columns that tell of it does not call it good."""
    good = [is_good(origin, words) for words in quality if not words.of or column in words.of]
    return f"CASE WHEN {' AND '.join(good)} THEN {value} ELSE 'nan'::DOUBLE END" if good else value


def is_good(origin: Source, words: QualityWords) -> str:
    """SQL of whether a row of a column of quality says one of its good words."""
    return f"{_word(origin, words)} IN ({texts(sorted({word.strip().lower() for word in words.good}))})"


def others(
    engine: Connection, origin: Source, scan: str, head: str, words: QualityWords
) -> Iterator[tuple[str, int, int]]:
    """Each word that is not good, as first written, with how many rows say it and the first of them (from 0)."""
    cell, _ = origin.cell(words.name)
    marked = f"SELECT row_number() OVER () AS n, {cell}::VARCHAR AS w, NOT {is_good(origin, words)} AND NOT {head} AS b"
    grouped = f"SELECT coalesce(trim(w), ''), count(*), min(n) FROM ({marked} FROM ({scan})) WHERE b GROUP BY 1"
    for word, count, first in engine.execute(f"{grouped} ORDER BY 3 LIMIT {WORDS_TOLD}").fetchall():
        yield str(word)[:40], int(count), int(first) - 1


def _word(origin: Source, words: QualityWords) -> str:
    cell, kind = origin.cell(words.name)
    plain = f"lower(trim({cell}::VARCHAR))"
    whole = f"regexp_replace({plain}, '[.]0+$', '')" if kind in ("DOUBLE", "FLOAT") else plain
    return f"coalesce({whole}, '')"
