"""Every fixed string that readers see is there in Arabic."""

import re

from messages import fixed_strings

from digest.render.locales import translations

_FIELD = re.compile(r"%\(\w+\)s")


def arabic(message: str | tuple[str, ...]) -> list[str]:
    catalogue = translations("ar")
    if isinstance(message, str):
        return [catalogue.gettext(message)]
    return [catalogue.ngettext(message[0], message[1], n) for n in (0, 1, 2, 3, 11, 100)]


def test_all_strings_are_translated() -> None:
    missing = {
        f"{file}: {message}"
        for file, message in fixed_strings()
        if set(arabic(message)) & {message, *([] if isinstance(message, str) else message)}
    }
    assert not missing


def test_translations_keep_the_fields() -> None:
    for file, message in fixed_strings():
        if isinstance(message, str):
            wanted = set(_FIELD.findall(message))
            assert set(_FIELD.findall(arabic(message)[0])) == wanted, (file, message)
        else:
            for text in arabic(message):
                assert set(_FIELD.findall(text)) <= set(_FIELD.findall(message[1])), (file, text)
