"""The audit log: who did what, when and from where. Entries are never changed, and are
removed when they are too old only.

A context records a change in the transaction that makes it:

    stamp = audit.stamp(core)                                     # on the event loop
    audit.append(session, stamp, "user.create", user.id, {...})   # in the worker thread

and whoever refuses somebody for lack of authorisation calls `await audit.refused(core, …)`.
Requests and socket events run in `with audit.coming_from(ip):`.
"""

from app.core.audit.model import Entry, Filter, Outcome, Page, Stamp, shown
from app.core.audit.service import Format, expire, export, query, refused, stamp
from app.core.audit.store import append, was
from app.core.refusals import RefusalLimiter
from app.kernel.client_address import client_address, coming_from

__all__ = [
    "Entry",
    "Filter",
    "Format",
    "Outcome",
    "Page",
    "RefusalLimiter",
    "Stamp",
    "append",
    "client_address",
    "coming_from",
    "expire",
    "export",
    "query",
    "refused",
    "shown",
    "stamp",
    "was",
]
