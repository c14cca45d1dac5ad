"""An Event as it is written down: what import reads, a Revision stores and export writes.

The JSON form is documented by `json_schema()` (docs/event.schema.json). Field names are the
nouns of docs/glossary.md; the names of the first rich format (`briefing`, `key_takeaway`,
`deep_analysis`, `causes_and_effects`) are read as well. Keys nobody knows are kept in `extra`, so
that a record that goes in comes out without losing a sentence.
"""

from collections.abc import Iterable
from datetime import date
from typing import Annotated, Any

from pydantic import AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue

from digest.models.words import (
    CATEGORIES,
    INTEREST_KINDS,
    Certainty,
    Confidence,
    Horizon,
    Role,
    ScenarioKind,
    Status,
)

Text = Annotated[str, Field(max_length=100_000)]
Short = Annotated[str, Field(max_length=2_000)]
BASIS = " It says what the claim rests on, and is never a probability."
LARGEST_NUMBER = 2**31 - 1  # what an INTEGER of PostgreSQL holds
Number = Annotated[int, Field(ge=-LARGEST_NUMBER, le=LARGEST_NUMBER)]


def _one_of(words: Iterable[str], more: str = "") -> Any:
    """A field for a word of an open vocabulary: the schema names the words and takes others."""
    told = list(map(str, words))
    return Field(
        examples=told,
        description=f"{', '.join(told)}; another word is shown as it is.{more}",
    )


def _also(*names: str) -> Any:
    return AliasChoices(*names)


class Part(BaseModel):
    """Base of all parts: immutable, unknown keys are not lost but kept in `extra` by the reader."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=False)


class SourceRecord(Part):
    """Who reported it. `publisher` wrote it, `via` carried it ("AFP via The Straits Times")."""

    publisher: Short
    url: Short | None = None
    via: Short | None = None
    published_on: date | None = None
    first: bool = Field(False, description="This is the publisher who reported it first.")


class AnalysisRecord(Part):
    """One section of analysis: plain_english, synthesis, root_causes, escalation, ..."""

    section: Short
    text: Text


class AssertionRecord(Part):
    """What this Event says could happen next.

    `scenario` is the key of a Scenario of the Story that this assertion belongs to; without it the
    assertion starts a Scenario of its own. `state` marks a transition that an editor states
    (materialised, contradicted, withdrawn, ...).
    """

    kind: Annotated[Short, _one_of(ScenarioKind)]
    text: Text
    horizon: Annotated[Short | None, _one_of(Horizon)] = None
    confidence: Annotated[Short | None, _one_of(Confidence, BASIS)] = None
    scenario: Short | None = None
    state: Short | None = None


class PerspectiveRecord(Part):
    """What an Actor says or does, as of a time that is always shown with it."""

    actor: Short
    text: Text
    as_of: AwareDatetime | None = None


class LinkRecord(Part):
    """A cause or an effect of this Event, with its own sentence of significance."""

    direction: Short = Field(description="cause or effect; a link of another kind is not shown.")
    title: Short
    event: Short | None = Field(None, description="External id or slug of the other Event.")
    significance: Text | None = None


class ReferenceRecord(Part):
    """A reference in running text to another Event of the same Update ("Event 5")."""

    label: Short
    number: Number | None = None
    gloss: Short | None = None
    where: Short | None = None


class StoryRecord(Part):
    title: Short
    slug: Short | None = None


class UpdateRecord(Part):
    """A numbered Update of the Story, which groups Events."""

    number: int = Field(ge=0, le=LARGEST_NUMBER)
    title: Short = ""


class InterestRecord(Part):
    """An Actor, Region or Topic that the record itself names. `kind` may be left open."""

    name: Short
    kind: Annotated[Short | None, _one_of(INTEREST_KINDS)] = None
    role: Annotated[Short | None, _one_of(Role)] = None


class CorrectionRecord(Part):
    """What was wrong in the Revision before this one, and what is right."""

    wrong: Text
    right: Text
    why: Text | None = None
    field: Short | None = None


class RetractionRecord(Part):
    reason: Text


class EventRecord(Part):
    """One reported happening, whole. Only `id` and `headline` are required."""

    id: Annotated[str, Field(min_length=1, max_length=500)] = Field(
        description="The sender's own id; the same id again is the same Event."
    )
    headline: Text
    headline_derived: bool = Field(
        False, description="The headline was cut from the text, nobody wrote it."
    )
    standfirst: Text | None = None
    takeaway: Text | None = Field(None, validation_alias=_also("takeaway", "key_takeaway"))
    body: tuple[Text, ...] = Field((), description="Paragraphs.")
    category: Annotated[Short | None, _one_of(CATEGORIES)] = None
    status: Annotated[Short | None, _one_of(Status)] = None
    severity: int | None = Field(None, ge=1, le=5)
    severity_prior: int | None = Field(
        None, ge=1, le=5, description="A level mapped from CAP or GDACS; a stated severity wins."
    )
    certainty: Annotated[Short | None, _one_of(Certainty)] = None
    breaking: bool | None = None
    minor: bool = Field(False, description="A change of this record that readers need not hear of.")
    lang: str = "en"

    occurred_at: AwareDatetime | None = None
    reported_at: AwareDatetime | None = Field(
        None, description="First reported.", validation_alias=_also("reported_at", "published_at")
    )
    updated_at: AwareDatetime | None = Field(
        None, validation_alias=_also("updated_at", "page_datetime")
    )
    visible_at: AwareDatetime | None = Field(None, description="Not told to anybody before this.")
    time_precision: Short = Field(
        "instant", description="instant or day; of another precision only the day is shown."
    )

    story: StoryRecord | None = None
    storyline: tuple[Short, ...] = Field(
        (), description="Running threads this Event belongs to, broadest first."
    )
    update: UpdateRecord | None = None
    number: Number | None = Field(
        None,
        description="Number of the Event within its Update.",
        validation_alias=_also("number", "event_number"),
    )

    url: Short | None = None
    sources: tuple[SourceRecord, ...] = ()
    analyses: tuple[AnalysisRecord, ...] = ()
    assertions: tuple[AssertionRecord, ...] = Field(
        (), validation_alias=_also("scenarios", "assertions"), serialization_alias="scenarios"
    )
    significance: Text | None = None
    links: tuple[LinkRecord, ...] = ()
    perspectives: tuple[PerspectiveRecord, ...] = ()
    references: tuple[ReferenceRecord, ...] = ()
    interests: tuple[InterestRecord, ...] = ()

    correction: CorrectionRecord | None = None
    retraction: RetractionRecord | None = None
    extra: dict[str, JsonValue] = Field(
        default_factory=dict, description="Keys this service has no use for; kept and exported."
    )

    @property
    def first_source(self) -> SourceRecord | None:
        """The publisher who reported it first; None when nobody says who that was."""
        return next((source for source in self.sources if source.first), None)

    @property
    def publishers(self) -> frozenset[str]:
        """Independent publishers; a syndicated copy counts for the agency that wrote it."""
        return frozenset(s.publisher.casefold() for s in self.sources)


def json_schema() -> dict[str, Any]:
    """JSON Schema of the rich Event format."""
    return EventRecord.model_json_schema(mode="validation")
