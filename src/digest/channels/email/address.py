"""Email addresses as people write them, in the one form that we store."""

from email_validator import EmailNotValidError, validate_email

from digest.errors import InputError


def canonical(text: str) -> str:
    """The address with its domain in A-labels (IDNA 2008), lower case; the local part as given.

    A local part may have other letters than ASCII: it is sent only through servers that announce
    SMTPUTF8 (RFC 6531). No DNS is asked.

    Raises:
        InputError: it is no email address.
    """
    try:
        found = validate_email(
            text.strip(),
            check_deliverability=False,
            test_environment=True,
            globally_deliverable=True,
        )
    except EmailNotValidError as error:
        raise InputError(
            f"{text.strip()!r} is not an email address, such as maria@example.com: {error}"
        ) from None
    return f"{found.local_part}@{found.ascii_domain}"


def needs_smtputf8(address: str) -> bool:
    return not address.isascii()
