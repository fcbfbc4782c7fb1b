"""The browser side of Graft: a component that shows whatever app page the server says, and swaps it
in place.
"""
