"""Facts of hand readings: what people read on instruments of their own."""

from ironkeep.facts.envelope import Body


class HandReadingTaken(Body, frozen=True):
    """A person read a point by hand. `value`, `shown` and `allowed` are decimal text in `unit`; `shown` is empty where
    nothing usable was shown then; `verdict` is a `model.reading.Verdict`; it counts as a witness until `until_us`.
    """

    asset: str
    point: str
    value: str
    unit: str
    instrument: str
    calibrated_until: str
    shown: str
    allowed: str
    verdict: str
    until_us: int
