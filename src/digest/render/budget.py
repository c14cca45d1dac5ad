"""Fits content to a limit before any markup is made: what matters least gives way first."""

from collections.abc import Sequence


def fit(costs: Sequence[Sequence[int]], room: int, *, keep: int = 1) -> list[int]:
    """Which form of each item to show so that all together cost at most `room`.

    `costs[i]` holds what item i costs in each of its forms, the richest first: (full, brief, 0).
    Items come in order of importance. The last items take a poorer form first; only when all have
    done so does the next round begin. The first `keep` items stay as they are.

    Returns the index of each item's form. When even the poorest forms cost more than `room`, all
    but the kept ones have their last form.
    """
    chosen = [0] * len(costs)
    total = sum(forms[0] for forms in costs)
    rounds = max((len(forms) for forms in costs), default=1) - 1
    for form in range(1, rounds + 1):
        for place in range(len(costs) - 1, keep - 1, -1):
            if total <= room:
                return chosen
            forms = costs[place]
            if form < len(forms):
                total += forms[form] - forms[chosen[place]]
                chosen[place] = form
    return chosen
