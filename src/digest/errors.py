"""Every error this service raises on purpose.

An error tells the caller what to do. `DigestError` and its plain children carry one clear line for
the person at the terminal; a `DeliveryError` also carries an `Action` for the ledger.
"""

from collections.abc import Collection, Sequence
from enum import StrEnum
from typing import ClassVar

SHOWN = 12  # names that are listed when none is near


def did_you_mean(near: Sequence[str], known: Collection[str] = ()) -> str:
    """ " Did you mean Iran, Iraq?"; if nothing is near, those that are `known`, or nothing."""
    if near:
        return f" Did you mean {', '.join(near)}?"
    more = ", ..." if len(known) > SHOWN else ""
    return f" Known: {', '.join(list(known)[:SHOWN])}{more}." if known else ""


class DigestError(Exception):
    """Something a person can put right; `str(error)` is the one line to show."""


class ConfigurationError(DigestError):
    """A setting, template or file of ours is wrong; names the place and the remedy."""


class DatabaseAway(ConfigurationError):
    """The database can't be reached, or doesn't answer: now, and perhaps not in a minute."""


class DatabaseFails(ConfigurationError):
    """The database answers, and can't do it now: its disk is full, or there was a deadlock."""


class InputError(DigestError):
    """A document or record handed to us cannot be read.

    `place` says where: "line 12", "subscribers/team.yaml: follows[2]", "entry 3".
    """

    def __init__(self, message: str, *, place: str = "") -> None:
        super().__init__(f"{place}: {message}" if place else message)
        self.message = message
        self.place = place


class WrongUsage(InputError):
    """An option or argument of the command line can't be meant so."""


class InputErrors(InputError):
    """All faults of one input, so that they can be put right in one go; one a line."""

    def __init__(self, errors: Sequence[InputError]) -> None:
        super().__init__("\n".join(str(error) for error in errors))
        self.errors = tuple(errors)


class NotFound(DigestError):
    """What was asked for by name does not exist; the message offers the nearest names."""


class Action(StrEnum):
    """What the ledger does with a Delivery whose sending failed."""

    RETRY = "retry"  # surely not delivered: try again, not before `retry_after`
    UNKNOWN = "unknown"  # perhaps delivered, nobody answered
    MOVE = "move"  # the address has changed to `moved_to`: store it and send once more
    PAUSE = "pause"  # this Destination refuses us for good: disable it, keep the follows
    STOP = "stop"  # the whole Channel refuses us: stop it, tell an admin
    FAIL = "fail"  # this one Message is refused; others are not concerned


class DeliveryError(DigestError):
    """A Message was not (or perhaps not) accepted by the provider.

    `reason` is a short stable code for the ledger ("mailbox_unknown", "rate_limited"), `detail`
    the provider's own words with every secret and address left out.
    `retry_after` is in seconds.
    """

    action: ClassVar[Action] = Action.FAIL

    def __init__(
        self,
        reason: str,
        detail: str = "",
        *,
        retry_after: float | None = None,
        moved_to: str | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason = reason
        self.detail = detail
        self.retry_after = retry_after
        self.moved_to = moved_to


class RetryLater(DeliveryError):
    """Surely not delivered and worth another try (4xx, 429, refused connection)."""

    action = Action.RETRY


class Unanswered(DeliveryError):
    """Handed over and never answered: delivered or not, nobody can say."""

    action = Action.UNKNOWN


class AddressMoved(DeliveryError):
    """The Destination has a new address, in `moved_to` (a Telegram group became a supergroup)."""

    action = Action.MOVE


class AddressRefused(DeliveryError):
    """This Destination will not accept anything any more (unknown mailbox, bot blocked)."""

    action = Action.PAUSE


class ChannelStopped(DeliveryError):
    """Nobody can be reached over this Channel until an admin acts (revoked token, bad login)."""

    action = Action.STOP


class MessageRefused(DeliveryError):
    """The provider refuses the form of this one Message: a fault of ours."""

    action = Action.FAIL
