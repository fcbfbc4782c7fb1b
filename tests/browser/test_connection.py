"""What a browser is sent when its connection comes back: what it does not have."""

from playwright.sync_api import Page, expect


def received(page: Page) -> list[str]:
    """Return a list that grows by each message from the server."""
    messages: list[str] = []
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda text: messages.append(str(text))),
    )
    return messages


def test_a_connection_that_comes_back_brings_what_changed_and_no_more(new_visitor, line):
    visitor = new_visitor(line.address)
    visitor.expects("WebSocket connection to")
    page = visitor.context.new_page()
    messages = received(page)
    visitor.open("/", page)
    search = page.get_by_role("searchbox")
    search.fill("nothing is called this")
    expect(page.get_by_role("heading", name="No app matches")).to_be_visible()
    messages.clear()
    line.cut()
    line.mend()
    # When this is answered, all that was sent before has arrived.
    search.fill("")
    expect(page.get_by_role("listitem").first).to_be_visible()
    sent = "".join(messages)
    # The search that the browser knows is sent all the same: the server may have forgotten it.
    assert '"query_rx_state_":"nothing is called this"' in sent
    # What belongs to pages that it never opened is not.
    assert "admin" not in sent
    assert "dev_state" not in sent
