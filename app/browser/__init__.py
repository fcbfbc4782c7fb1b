"""The browser side of Graft: a component that shows whatever app page the server says, and swaps it
in place.

- `host.js`, `channel.js`, `connection.js`: what pages of the core have on them (`component.py`).
- `screen/`: from the server's messages to what is on screen; what people typed stays.
- `modules/`: the modules of apps, and what they import.
- `states/`: the states of apps and their storage in the browser.
- `document/`: what one document may show, and how it is left.
- `parts/`: components of pages of the core, and of what is around apps.
- `in_pages.js`: what pages of apps import of the host.

The build takes every file; those that it writes itself (app/frontend) lie beside the first ones.
"""
