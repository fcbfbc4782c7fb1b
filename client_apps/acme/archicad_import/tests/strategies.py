"""Hypothesis strategies for schedules."""

from hypothesis import strategies as st

from client_apps.acme.archicad_import.schedule import CATEGORIES, Finish, Header, Storey, Zone

# What XML 1.0 can hold, and what the parser leaves as it is: no blanks at the ends.
characters = st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co"))
texts = st.text(characters, max_size=20).map(str.strip)
numbers = st.floats(-1e9, 1e9, allow_nan=False, allow_infinity=False)
optional_numbers = st.none() | numbers
headers = st.builds(Header, texts, texts)
finishes = st.builds(Finish, texts, texts, optional_numbers)
storeys = st.none() | st.builds(
    Storey, texts, st.none() | st.integers(-99, 999), area=optional_numbers
)
zones = st.builds(
    Zone,
    number=texts,
    name=texts,
    category=st.sampled_from(CATEGORIES) | texts,
    area=optional_numbers,
    height=optional_numbers,
    perimeter=optional_numbers,
    department=texts,
    finishes=st.lists(finishes, max_size=3).map(tuple),
)
schedules = st.tuples(
    headers, st.lists(st.tuples(storeys, st.lists(zones, max_size=4)), max_size=4)
)
