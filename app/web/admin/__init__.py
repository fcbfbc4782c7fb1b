"""The admin pages: installed apps, users, nodes, audit log.

What they do goes through `app.platform`; every event asks on the server whether its sender may.
"""

from app.bridge.states import on_demand

# Most people never come here.
on_demand.leave_out(__name__)
