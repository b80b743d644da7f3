"""How sure it is that two samples differ."""

import math
from typing import Final

__all__ = ["SURE", "means_apart", "shares_apart", "variance"]

SURE: Final = 3.5
"""Standard errors that two shares or means must lie apart: less than once in 4,000 by chance."""


def shares_apart(shares: tuple[float, float], counts: tuple[int, int]) -> float:
    """How many standard errors the second share lies above the first, if both were samples of the same."""
    whole = (shares[0] * counts[0] + shares[1] * counts[1]) / sum(counts)
    error = math.sqrt(whole * (1 - whole) * (1 / counts[0] + 1 / counts[1]))
    return (shares[1] - shares[0]) / error if error else 0.0


def means_apart(means: tuple[float, float], variances: tuple[float, float], counts: tuple[int, int]) -> float:
    """How many standard errors the second mean lies above the first; infinitely many if nothing varies."""
    error = math.sqrt(variances[0] / counts[0] + variances[1] / counts[1])
    difference = means[1] - means[0]
    return difference / error if error else math.copysign(math.inf, difference) if difference else 0.0


def variance(total: float, squares: float, count: int) -> float:
    """The variance of so many values, from their sum and the sum of their squares; 0 of fewer than two."""
    return max(0.0, (squares - total * total / count) / (count - 1)) if count > 1 else 0.0
