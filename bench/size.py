"""How much is measured: as many readers as BENCH_READERS says, or as suits the call."""

import os
from collections.abc import Sequence

READERS, SIZE = "BENCH_READERS", "BENCH_SIZE"
QUICK, USUAL, FULL = SIZES = ("quick", "usual", "full")
"""All cases in ten minutes; a case that is named; what the published figures are of."""


def sizes(
    quick: Sequence[int], usual: Sequence[int], full: Sequence[int] | None = None
) -> Sequence[int]:
    """The sizes of a case: those of the call, unless the variable names others."""
    named = [int(one) for one in os.environ.get(READERS, "").split()]
    return named or {QUICK: quick, USUAL: usual, FULL: full or usual}[wanted()]


def wanted() -> str:
    """One of SIZES."""
    return os.environ.get(SIZE) or USUAL


def is_quick() -> bool:
    return wanted() == QUICK
