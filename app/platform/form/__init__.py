"""The form of a settings model, made from its JSON schema.

    fields_of(schema)        what to show, one field a setting
    fitting(field, value)    the field with which a value can be shown
    text_of(field, value)    a value as the text in the field
    value_of(field, text)    and back; the empty text is no value

A schema comes out of code that somebody uploaded: whatever it says, there is a field. What is not
made of texts, numbers, choices, dates or lists of texts is entered as JSON.
"""

from app.platform.form.model import Choice, Field, Kind, NotReadable
from app.platform.form.schema import fields_of
from app.platform.form.texts import as_json, fitting, parse_json, text_of, value_of

__all__ = [
    "Choice",
    "Field",
    "Kind",
    "NotReadable",
    "as_json",
    "fields_of",
    "fitting",
    "parse_json",
    "text_of",
    "value_of",
]
