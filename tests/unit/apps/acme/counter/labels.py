def heading() -> str:
    return "Version 1"
