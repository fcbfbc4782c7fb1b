"""The small counter app in Streamlit."""

import streamlit as st

if "count" not in st.session_state:
    st.session_state.count = 0


def increment() -> None:
    """Count."""
    st.session_state.count += 1


st.title("First heading")
st.text(f"{st.session_state.count}")
st.text(f"Twice: {st.session_state.count * 2}")
st.button("Count", on_click=increment)
