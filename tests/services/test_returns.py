"""Return tags: what a bounce of a Delivery is addressed to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import NotFound
from digest.services.returns import ReturnTags

TAGS = ReturnTags("a key for tests")


@given(st.integers(0, 2**63 - 1))
def test_a_tag_names_its_delivery_in_any_case_and_fits_a_local_part(number: int) -> None:
    tag = TAGS.tag(number)
    assert TAGS.read(tag) == TAGS.read(tag.upper()) == number
    assert len(tag) <= 64
    assert tag == tag.lower()


@pytest.mark.parametrize(
    "wrong",
    [
        "b+428." + TAGS.tag(427).partition(".")[2],  # another delivery's signature
        ReturnTags("another key").tag(427),
        "b+427",
        "b+427.",
        "b+0427." + TAGS.tag(427).partition(".")[2],
        TAGS.tag(427) + "x",
        TAGS.tag(427) + "\n",
        "b+" + "9" * 400,
        "",
        "postmaster",
    ],
)
def test_a_tag_that_we_did_not_make_is_refused(wrong: str) -> None:
    with pytest.raises(NotFound):
        TAGS.read(wrong)
