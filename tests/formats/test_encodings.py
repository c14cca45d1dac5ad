"""Which encoding a file is in: told, guessed aloud, or asked for; never garbage without a word."""

import pytest

from digest.errors import InputError
from digest.formats.encodings import Encoding, decode

NAMES = {
    "cp1251": ["Иван Петров", "Ольга Смирнова", "Ян Ли"],
    "koi8-r": ["Иван Петров", "Ольга Смирнова", "Ян Ли"],
    "cp866": ["Иван Петров", "Ольга Смирнова"],
    "cp1253": ["Γιώργος Παπαδόπουλος", "Μαρία Νικολάου"],
    "cp1255": ["יוסי כהן", "רחל לוי"],
    "cp1256": ["محمد علي", "فاطمة حسن"],
    "cp874": ["สมชาย ใจดี", "มาลี"],
    "shift_jis": ["山田太郎", "佐藤花子", "鈴木一郎"],
    "euc_jp": ["山田太郎", "佐藤花子"],
    "gb18030": ["王伟", "李娜", "张敏"],
    "euc_kr": ["김민수", "이서연"],
    "cp1250": ["Łukasz Wójcik", "Małgorzata Dąbrowska", "Agnieszka Wiśniewska"],
    "mac_roman": ["José García", "François Lefèvre"],
}
WESTERN = """José García|François Lefèvre|Jürgen Müller|Zoë Brontë|Søren Ångström|Inês Conceição
Seán Ó Briain|Mª José|N’Diaye “El” Hadji|Año 5º|Ægir Þórðarson|L’Haÿ-les-Roses|Créée|Ann – £5|50 €
""".replace("\n", "|")


def table(names: list[str]) -> str:
    return "email,name\n" + "".join(f"p{n}@x.org,{name}\n" for n, name in enumerate(names))


@pytest.mark.parametrize("encoding", sorted(NAMES))
def test_other_encodings_are_never_read_as_western_european(encoding: str):
    data = table(NAMES[encoding]).encode(encoding)

    with pytest.raises(InputError, match=r"the encoding can't be told.*line [234].*--encoding"):
        decode(data)

    assert decode(data, encoding)[0] == table(NAMES[encoding])


@pytest.mark.parametrize("name", WESTERN.strip("|").split("|"))
def test_western_european_is_read_and_told_to_be_a_guess(name: str):
    text, encoding = decode(table([name]).encode("cp1252"))

    assert text == table([name])
    assert encoding.name == "cp1252"
    assert encoding.guessed


def test_a_guess_shows_a_few_words_to_judge_it_by():
    data = table(["Dvořák", "Nováček", "Anna", "Kovář", "Šárka"]).encode("cp1250")

    assert decode(data)[1] == Encoding("cp1252", ("Dvoøák", "Nováèek", "Kováø"))


@pytest.mark.parametrize(
    ("encoding", "told"),
    [
        ("ascii", "utf-8"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("utf-32", "utf-32"),
        ("utf-32-le", "utf-32-le"),
        ("utf-32-be", "utf-32-be"),
    ],
)
def test_unicode_is_certain(encoding: str, told: str):
    text = table(["Ann"] if encoding == "ascii" else ["Łukasz", "Иван"])

    assert decode(text.encode(encoding)) == (text, Encoding(told))


def test_damaged_utf_8_is_not_taken_for_something_else():
    data = table(["José", "Zoë", "Ann", "Jürgen"]).encode()

    with pytest.raises(InputError, match="the file is in UTF-8, but line 3 is damaged"):
        decode(data.replace("ë".encode(), b"\xeb"))
    with pytest.raises(InputError, match="it can't be read as utf-16"):
        decode(table(["Ann"]).encode("utf-16")[:-1])


def test_an_encoding_that_was_named_must_exist_and_fit():
    with pytest.raises(InputError, match="there is no encoding 'klingon'; there are utf-8, cp1250"):
        decode(b"email", "klingon")
    with pytest.raises(InputError, match="there is no encoding 'rot13'"):
        decode(b"email", "rot13")
    with pytest.raises(InputError, match="line 2 can't be read as utf-8; is it another encoding"):
        decode(b"email\r\n\xff", "utf-8")
    assert decode(b"\xef\xbb\xbfemail", "UTF8") == ("email", Encoding("utf-8"))
