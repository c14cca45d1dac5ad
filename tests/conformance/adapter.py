"""What the conformance suite has to know of a provider: an Adapter for each."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from digest.channels.base import Channel, Message
from digest.errors import Action
from digest.models.content import EditionContent
from digest.models.envelope import Links


class Fault(StrEnum):
    """What goes wrong at a provider, with the HTTP status that stands for it where there is one."""

    NO_CONNECTION = "the connection is refused"
    FORM = "400, the form of the message is refused"
    LOGIN = "401, our credentials are refused"
    CLOSED = "403, this address is closed to us"
    UNKNOWN = "404, there is no such address"
    TOO_FAST = "429, too many messages"
    FAILED = "500, the provider failed"
    IN_BETWEEN = "an error page of something in between"
    LATE = "no answer in time"
    CUT_BEFORE = "cut before the message was taken"
    CUT_AFTER = "cut after the message was taken"
    GARBAGE = "an answer that means nothing"


SURELY_NOT = frozenset({Action.RETRY})
CANT_TELL = frozenset({Action.UNKNOWN})
TRY_AGAIN = SURELY_NOT | CANT_TELL

EXPECTED: Mapping[Fault, frozenset[Action]] = {
    Fault.NO_CONNECTION: SURELY_NOT,
    Fault.FORM: frozenset({Action.FAIL}),
    Fault.LOGIN: frozenset({Action.STOP}),
    Fault.CLOSED: frozenset({Action.PAUSE}),
    Fault.UNKNOWN: frozenset({Action.PAUSE}),
    Fault.TOO_FAST: SURELY_NOT,
    Fault.FAILED: TRY_AGAIN,
    Fault.IN_BETWEEN: TRY_AGAIN,
    Fault.LATE: CANT_TELL,
    Fault.CUT_BEFORE: TRY_AGAIN,
    Fault.CUT_AFTER: CANT_TELL,
    Fault.GARBAGE: CANT_TELL,
}
"""What the ledger may be told. Where two are allowed, some providers let the client know more."""

PATIENT = 20.0  # seconds for an answer, also on a machine with much else to do
IMPATIENT = 0.4  # for one that does not come

WAIT = 7  # seconds that a provider asks for when it says how long


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reader sees of one form of a Message (the HTML, the text, one call): a line a block.

    `folded` lines may end anywhere, so only what they say can be judged, not where they end.
    """

    lines: tuple[str, ...]
    folded: bool = False

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


class Provider(Protocol):
    """A stand-in that runs, and a Channel that talks to it."""

    channel: Channel
    address: str  # that the stand-in takes messages for
    secrets: Sequence[str]  # what no log and no error may hold, beside the links' tokens

    @property
    def accepted(self) -> int:
        """Messages that the provider has taken so far."""
        ...

    def make(self, fault: Fault, message: Message) -> Message:
        """Makes the next sending fail so; returns the Message to send then."""
        ...


class Adapter(Protocol):
    """One provider. Its oracles are others' code: the provider's own parser, or a known library."""

    channel: str
    address: str  # canonical
    reference: str  # of an earlier message to that address, which may be edited or answered
    differs: Mapping[Fault, frozenset[Action]]  # where this provider is unlike EXPECTED
    can_be_asked: bool  # whether it has a message that it never answered for

    def provider(self, timeout: float = PATIENT) -> AbstractAsyncContextManager[Provider]:
        """Starts the stand-in; closes the Channel and stops it at the end.

        `timeout` is how many seconds the Channel waits for an answer.
        """
        ...

    def judge(self, message: Message, content: EditionContent) -> None:
        """Raises when the provider would refuse `message`, or show more or other than we said."""
        ...

    def seen(self, message: Message) -> Sequence[Seen]:
        """Every form in which a reader may see it, the fullest first."""
        ...

    def links(self, message: Message) -> set[str]:
        """Every web address a reader, or a reader's program, can follow."""
        ...


def tokens(links: Links) -> set[str]:
    """The signed part of a reader's links: who has it acts in the reader's name."""
    return {links.view.rsplit("/", 1)[-1]}
