from bench.line import Line, number, percentile, table


def test_a_line_holds_when_all_of_its_limits_do() -> None:
    fast = Line("mails", 1_600, "/s", least=1_500, wire=3_200, least_ratio=0.4, cpu=0.9, most_cpu=1)
    dear = Line("mails", 1_600, "/s", least=1_500, wire=3_200, least_ratio=0.4, cpu=1.1, most_cpu=1)
    assert fast.holds
    assert not dear.holds
    assert fast.must == "≥ 1,500/s; ratio ≥ 0.4; CPU ≤ 1 ms"


def test_what_was_not_measured_holds_no_limit() -> None:
    assert not Line("mails", 1_600, "/s", most_cpu=1).holds


def test_the_ratio_is_the_share_of_the_wires_speed_of_rates_and_of_times() -> None:
    assert Line("mails", 1_000, "/s", wire=4_000).ratio == 0.25
    assert Line("the last mail", 2.0, "s", wire=0.5).ratio == 0.25


def test_the_table_has_a_row_for_each_figure_and_none_for_what_only_explains() -> None:
    shown = table(
        {
            "smtp": [
                Line("bytes of a mail", 29_000, "B"),
                Line("mails", 900, "/s", least=1_000, wire=2_000, cpu=0.25, room=61.4),
            ]
        }
    )
    head, _, row = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in shown.splitlines()
    )
    assert dict(zip(head, row, strict=True)) == {
        "what": "smtp: mails",
        "ours": "900/s",
        "wire": "2,000/s",
        "ratio": "0.450",
        "CPU a message": "0.250 ms",
        "peak RSS": "61.4 MB",
        "must": "≥ 1,000/s",
        "holds": "NO",
    }
    assert len({len(line) for line in shown.splitlines()}) == 1


def test_numbers_have_three_digits_and_whole_ones_no_point() -> None:
    shown = [number(one, "ms") for one in (0, 0.0123, 0.5, 1.005, 12.34, 1_234.5, 100)]
    assert shown == ["0 ms", "0.012 ms", "0.500 ms", "1.00 ms", "12.3 ms", "1,234 ms", "100 ms"]


def test_a_percentile_is_one_of_the_values() -> None:
    values = [float(n) for n in range(1, 201)]
    assert percentile(values, 0.95) == 190
    assert percentile([3.0], 0.95) == 3.0
