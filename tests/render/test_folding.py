from digest.render.text import fold, tidy


def test_long_lines_are_wrapped_at_words() -> None:
    folded = fold("word " * 40)
    assert max(map(len, folded.split("\n"))) <= 78
    assert folded.split() == ["word"] * 40


def test_a_list_keeps_its_indent() -> None:
    second = fold("- " + "word " * 20).split("\n")[1]
    assert second.startswith("  word")


def test_an_address_stays_whole() -> None:
    address = "https://example.org/" + "a" * 100
    assert fold(f"Read: {address}").split("\n") == ["Read:", address]


def test_short_lines_and_empty_lines_stay_as_they_are() -> None:
    assert fold("one\n\n  two\n") == "one\n\n  two\n"


def test_one_empty_line_at_a_time() -> None:
    assert tidy("a\n\n\n\nb\n") == "a\n\nb\n"
