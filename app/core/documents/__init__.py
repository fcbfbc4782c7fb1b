"""JSON documents of an organisation, with history, for many people at once.

    document = await documents.create("example/schedule", "Ground floor", {"rooms": []})
    document = await documents.save(document.id, {...}, base_revision=document.revision)

A save names the revision it is based on and is refused with `Conflict` when somebody else saved in
between. Every change is published to `topic(id)` and `topic_of_kind(kind)` after it is committed:
{"id", "kind", "revision", "by", "by_name", "session", "action"}, where action is "created",
"saved" or "deleted". Messages of one node arrive in the order of revisions; across nodes a
subscriber must ignore a revision lower than the one it has. Documents of other organisations are
not there at all: every function answers `NotFound`.
"""

from app.core.documents import service as service
from app.kernel.contexts.documents import (
    Conflict,
    Document,
    DocumentInfo,
    Revision,
    create,
    delete,
    get,
    get_or_create,
    history,
    save,
    topic,
    topic_of_kind,
)
from app.kernel.contexts.documents import list_documents as list
from app.kernel.errors import Invalid, NotFound, TooLarge

__all__ = [
    "Conflict",
    "Document",
    "DocumentInfo",
    "Invalid",
    "NotFound",
    "Revision",
    "TooLarge",
    "create",
    "delete",
    "get",
    "get_or_create",
    "history",
    "list",
    "save",
    "topic",
    "topic_of_kind",
]
