"""Losses of a power converter after Notton.

Rules. eta = p / (p + p0 + K p^2) with p the share of rated power. Source: Notton et al., Renewable Energy 35 (2010)
541, the form used by domain/planning.md section 3. Parameters come from two points of a datasheet or are judgement.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ironkeep.physics.chemistry import Floats


@dataclass(frozen=True)
class Converter:
    """A converter's rating (W) and its two loss numbers: idle share `p0` and quadratic share `k`."""

    rated_w: float
    p0: float
    k: float

    def loss_w(self, output_w: float) -> float:
        """Loss at an output power, W >= 0; the sign of the power does not matter."""
        share = abs(output_w) / self.rated_w
        return self.rated_w * (self.p0 + self.k * share * share)

    def efficiency(self, output_w: float) -> float:
        """Output over input, 0 at no output."""
        return abs(output_w) / (abs(output_w) + self.loss_w(output_w)) if output_w else 0.0

    def input_for(self, output_w: float) -> float:
        """Input power that yields an output (>= 0 W), W."""
        return output_w + self.loss_w(output_w)

    def output_for(self, input_w: float) -> float:
        """Output power obtained from an input (W); zero when the input only covers the idle loss.

        Solves K r s^2 + r s + r p0 = input for the share s.
        """
        ask = input_w / self.rated_w - self.p0
        if ask <= 0.0:
            return 0.0
        if self.k == 0.0:
            return ask * self.rated_w
        return self.rated_w * (math.sqrt(1.0 + 4.0 * self.k * ask) - 1.0) / (2.0 * self.k)


def efficiencies(converter: Converter, output_w: Floats) -> Floats:
    """Efficiency at many output powers, same shape, 0..1."""
    share = np.abs(output_w) / converter.rated_w
    return share / (share + converter.p0 + converter.k * share * share)
