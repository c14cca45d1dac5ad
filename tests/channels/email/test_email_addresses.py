import pytest

from digest.channels.email.address import canonical
from digest.errors import InputError


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (" Maria@Example.COM ", "Maria@example.com"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("jürgen@bücher.example", "jürgen@xn--bcher-kva.example"),
        ("maria+news@example.com", "maria+news@example.com"),
    ],
)
def test_the_stored_form(written: str, stored: str) -> None:
    assert canonical(written) == stored


@pytest.mark.parametrize(
    "text", ["", "maria", "maria@", "a b@example.com", "a@b@c.example", "a@example.com\r\nBcc: b"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"is not an email address, such as"):
        canonical(text)
