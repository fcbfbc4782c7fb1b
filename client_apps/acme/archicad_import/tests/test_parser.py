"""The parser, on anything that can be in a file."""

# Which kind an event is, each test knows from its document.
# mypy: disable-error-code="union-attr"
# pyright: reportAttributeAccessIssue=false

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_apps.acme.archicad_import.parser import (
    MAX_DEPTH,
    MAX_FINISHES,
    MAX_STOREYS,
    MAX_TAG_BYTES,
    MAX_TEXT,
    ScheduleParser,
)
from client_apps.acme.archicad_import.sample import write_schedule
from client_apps.acme.archicad_import.schedule import (
    Finish,
    ForbiddenXml,
    Header,
    MalformedXml,
    NotASchedule,
    Problem,
    Record,
    ScheduleError,
    Skipped,
    Storey,
    TooComplex,
    Zone,
)

from .strategies import schedules


def parse(*chunks: bytes) -> list[Record]:
    parser = ScheduleParser()
    records = [record for chunk in chunks for record in parser.feed(chunk)]
    return [*records, *parser.close()]


def refusal_of(data: bytes) -> ScheduleError | None:
    try:
        parse(data)
    except ScheduleError as refusal:
        return refusal
    return None


def feed_until_refused(parser: ScheduleParser, chunk: bytes) -> int:
    """Return how many bytes were taken."""
    for fed in range(0, 10 * MAX_TAG_BYTES, len(chunk)):
        try:
            parser.feed(chunk)
        except TooComplex:
            return fed
    raise AssertionError("nothing was refused")


def without_line(record: Record) -> Record:
    return replace(record, line=0)


@given(schedules)
def test_any_schedule_comes_back_as_it_was_written(schedule):
    header, storeys = schedule
    expected = [replace(header, line=0)]
    for storey, zones in storeys:
        if storey is not None:
            expected.append(storey)
        expected.extend(
            replace(zone, storey=storey.name, level=storey.level) if storey else zone
            for zone in zones
        )

    read = [without_line(record) for record in parse(*write_schedule(header, storeys))]

    assert read == expected


@given(schedules, st.lists(st.integers(0, 5_000), max_size=12))
def test_it_does_not_matter_where_the_chunks_are_cut(schedule, cuts):
    data = b"".join(write_schedule(*schedule))
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    chunks = [data[start:end] for start, end in pairwise(edges)]

    assert parse(*chunks) == parse(data)


@given(st.binary(max_size=400))
def test_garbage_is_refused_with_a_typed_error(data):
    with pytest.raises(ScheduleError) as refusal:
        parse(data)
    assert refusal.value.title
    assert refusal.value.advice


@given(schedules, st.data())
def test_a_damaged_schedule_is_read_or_refused_with_a_typed_error(schedule, data):
    whole = b"".join(write_schedule(*schedule))
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    damaged = whole[:start] + data.draw(st.binary(max_size=8)) + whole[end:]
    refusal = refusal_of(damaged)
    if refusal is not None and refusal.line is not None:
        assert 1 <= refusal.line <= damaged.count(b"\n") + 1


@given(st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=12))
def test_any_encoding_that_is_named_is_read_or_refused(encoding):
    declaration = f'<?xml version="1.0" encoding="{encoding}"?><ZoneSchedule/>'
    refusal = refusal_of(declaration.encode())
    assert refusal is None or (type(refusal), refusal.line) == (MalformedXml, 1)


def test_records_carry_the_line_of_their_element():
    records = parse(
        b'<ZoneSchedule project="P">\n\n<Storey name="S" level="1">\n'
        b'<Zone number="1"\n area="2">\n<Finish surface="floor"/></Zone></Storey></ZoneSchedule>'
    )
    assert [(type(record), record.line) for record in records] == [
        (Header, 1),
        (Storey, 3),
        (Zone, 4),
    ]
    assert records[-1].finishes == (Finish("floor", ""),)


def test_other_encodings_are_read():
    text = '<?xml version="1.0" encoding="{}"?><ZoneSchedule project="Gebäude"/>'
    for encoding in ("utf-8", "utf-16", "iso-8859-1", "windows-1252"):
        (header,) = parse(text.format(encoding).encode(encoding))
        assert header.project == "Gebäude"


def test_a_default_namespace_makes_no_difference():
    (header,) = parse(b'<ZoneSchedule xmlns="urn:schedule" project="P"/>')
    assert header.project == "P"


def test_malformed_xml_is_refused_with_its_line():
    with pytest.raises(MalformedXml) as refusal:
        parse(b"<ZoneSchedule>\n<Storey>\n</Zone>\n</ZoneSchedule>")
    assert refusal.value.line == 3
    assert "mismatched tag" in refusal.value.advice


def test_a_file_that_ends_too_early_is_refused():
    with pytest.raises(MalformedXml):
        parse(b'<ZoneSchedule><Storey name="S">')


def test_an_empty_file_is_refused():
    with pytest.raises(MalformedXml):
        parse()


def test_xml_of_another_kind_is_refused():
    with pytest.raises(NotASchedule, match="<html>"):
        parse(b"<html><body/></html>")


@pytest.mark.parametrize(
    "declaration",
    [
        b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd">',
        b"<!DOCTYPE ZoneSchedule>",
    ],
)
def test_document_types_are_refused_before_an_entity_can_be_used(declaration):
    with pytest.raises(ForbiddenXml) as refusal:
        parse(b"\n" + declaration + b"<ZoneSchedule/>")
    assert refusal.value.line == 2


def test_a_tag_without_end_is_refused_before_it_fills_the_memory():
    parser = ScheduleParser()
    parser.feed(b'<ZoneSchedule><Zone name="')
    assert feed_until_refused(parser, b"x" * 65_536) <= MAX_TAG_BYTES


def test_deep_nesting_is_refused():
    with pytest.raises(TooComplex):
        parse(b"<ZoneSchedule>" + b"<a>" * (MAX_DEPTH + 2))


def test_a_room_with_endless_finishes_is_refused():
    with pytest.raises(TooComplex):
        parse(b"<ZoneSchedule><Zone>" + b"<Finish/>" * (MAX_FINISHES + 1))


def test_endless_storeys_are_refused():
    with pytest.raises(TooComplex):
        parse(b"<ZoneSchedule>" + b"<Storey/>" * (MAX_STOREYS + 1))


def test_unknown_elements_are_skipped_with_all_below_them_and_told_once():
    records = parse(
        b"<ZoneSchedule><Meta><Zone number='no'/></Meta><Meta/>"
        b"<Zone number='1'><Zone number='inner'/></Zone></ZoneSchedule>"
    )
    assert [without_line(r) for r in records[1:3]] == [Skipped("Meta", 0), Skipped("Zone", 0)]
    assert [r.number for r in records if isinstance(r, Zone)] == ["1"]


@pytest.mark.parametrize("text", ["12,5", "1 000", "nan", "inf", "1_000", "0x10", "1e999", "٣"])
def test_what_is_not_a_decimal_number_is_told_and_left_out(text):
    *_, zone = parse(f'<ZoneSchedule><Zone number="1" area="{text}"/></ZoneSchedule>'.encode())
    assert zone.area is None
    assert zone.problems == (Problem("number", "area", text),)


def test_long_texts_are_cut_and_told():
    *_, zone = parse(f'<ZoneSchedule><Zone name="{"x" * 500}"/></ZoneSchedule>'.encode())
    assert zone.name == "x" * MAX_TEXT
    assert [problem.kind for problem in zone.problems] == ["length"]
