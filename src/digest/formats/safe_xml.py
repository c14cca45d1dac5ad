"""XML from strangers: nothing is fetched, no entity is expanded, size and depth are bounded."""

import io
import re
from collections.abc import Iterator
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException, DTDForbidden
from defusedxml.ElementTree import iterparse

from digest.errors import InputError
from digest.formats.text import line

MAX_BYTES: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 100

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_BLANK_OR_COMMENT = re.compile(rb"(?:\s+|<!--.*?-->|<\?.*?>)+", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE[^\[>]*(?:\[.*?\]\s*)?>", re.DOTALL | re.IGNORECASE)
_START_TAG = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_GENERAL_ENTITY = re.compile(rb"<!ENTITY\s+(?!%)", re.IGNORECASE)
_DECLARATION = re.compile(rb"^\s*<\?xml[^>]*\?>")
_DECLARED = re.compile(rb"^\s*<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._:-]+)[\"']")
_UTF8_BOM = b"\xef\xbb\xbf"
_WIDE_BOMS = (b"\xff\xfe", b"\xfe\xff")
_MARKUP = b'<!DOCTYPE a [<!ENTITY b SYSTEM "c">]>+ADw-\'&;'


def parse_xml(data: bytes) -> Element:
    """The root element.

    Raises:
        InputError: it is not well-formed, too large or too deep, or carries a DOCTYPE.
    """
    check_size(data)
    depth = 0
    root: Element | None = None
    try:
        for event, element in iterparse(
            io.BytesIO(data), events=("start", "end"), forbid_dtd=True, forbid_external=True
        ):
            depth += 1 if event == "start" else -1
            root = element if root is None else root
            if depth > MAX_DEPTH:
                raise InputError(f"the XML is nested more than {MAX_DEPTH} levels deep")
    except DTDForbidden:
        raise InputError("the XML carries a DOCTYPE, which could reach other files") from None
    except DefusedXmlException:
        raise InputError("the XML declares entities, which could reach other files") from None
    except ParseError as error:
        raise InputError(f"the XML is broken: {line(str(error))}") from None
    except (ValueError, LookupError):
        raise InputError("the XML is in an encoding that we do not read") from None
    if root is None:
        raise InputError("the XML is empty")
    return root


def check_size(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        raise InputError(
            f"the XML has {len(data):,} bytes; more than {MAX_BYTES:,} are not read at once"
        )


def root_name(data: bytes) -> str | None:
    """The local name of the first element; None if something else comes first."""
    data = _narrow(data)
    at, _ = _prolog(data)
    found = _START_TAG.match(data, at)
    return found.group(1).decode("ascii", "replace") if found else None


def without_doctype(data: bytes) -> bytes:
    """The same document without its DOCTYPE, for a lenient reader that would use it.

    Old RSS carries a DOCTYPE in good faith, so it is taken out and not followed.

    Raises:
        InputError: it declares entities of its own, or hides its markup in an odd encoding.
    """
    data = _narrow(data)
    _refuse_odd_encoding(data)
    at, doctypes = _prolog(data)
    # Without an element to begin with the prolog has no end that we could trust.
    suspect = b"".join(doctypes) if _START_TAG.match(data, at) else data
    if _GENERAL_ENTITY.search(suspect):
        raise InputError("the XML declares entities, which could reach other files or never end")
    for doctype in doctypes:
        data = data.replace(doctype, b"", 1)
    return data


def _prolog(data: bytes) -> tuple[int, list[bytes]]:
    """Where the prolog ends, and the DOCTYPEs in it (one, if all is well)."""
    at = len(_UTF8_BOM) if data.startswith(_UTF8_BOM) else 0
    doctypes: list[bytes] = []
    while found := _BLANK_OR_COMMENT.match(data, at) or _DOCTYPE.match(data, at):
        at = found.end()
        if found.re is _DOCTYPE:
            doctypes.append(found.group())
    return at, doctypes


def named(element: Element, *names: str) -> Iterator[Element]:
    """Children with one of these local names, whatever the namespace."""
    return (child for child in element if local(child) in names)


def anywhere(element: Element, *names: str) -> Iterator[Element]:
    """Descendants, and the element itself, with one of these local names."""
    return (found for found in element.iter() if local(found) in names)


def text_of(element: Element | None, *path: str) -> str:
    """The text at the end of a path of local names, on one line; "" if there is none."""
    for name in path:
        element = next(named(element, name), None) if element is not None else None
    return line("".join(element.itertext())) if element is not None else ""


def local(element: Element) -> str:
    """The name without its namespace."""
    tag = element.tag
    return tag.rsplit("}", 1)[-1] if isinstance(tag, str) else ""


def lang_of(element: Element) -> str | None:
    return element.get(_XML_LANG)


def _narrow(data: bytes) -> bytes:
    """UTF-16 and UTF-32 as UTF-8 without a declaration; anything else as it is."""
    if data[:2] not in _WIDE_BOMS and b"\x00" not in data[:4]:
        return data
    if data[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        codec = "utf-32"
    elif data[:2] in _WIDE_BOMS:
        codec = "utf-16"
    else:
        codec = "utf-16-be" if data[:1] == b"\x00" else "utf-16-le"
    return _DECLARATION.sub(b"", data.decode(codec, "replace").encode("utf-8", "replace"))


def _refuse_odd_encoding(data: bytes) -> None:
    """In UTF-7 or EBCDIC a DOCTYPE would not look like one."""
    declared = _DECLARED.match(data[:1024].removeprefix(_UTF8_BOM))
    if not declared:
        return
    try:
        honest = _MARKUP.decode(declared.group(1).decode()) == _MARKUP.decode()
    except (LookupError, ValueError):
        return  # unknown, or not a text encoding: readers fall back to UTF-8
    if not honest:
        raise InputError("the XML is in an encoding that we do not read")
