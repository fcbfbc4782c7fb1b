"""Types of the app's vars, of every kind that apps use."""

import dataclasses
import enum
import typing

import pydantic


class Mood(enum.Enum):
    CALM = "calm"
    BUSY = "busy"


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclasses.dataclass
class Point:
    x: int = 0
    y: int = 0
    mood: Mood = Mood.CALM


class Item(pydantic.BaseModel):
    title: str = ""
    mood: Mood = Mood.CALM
    parts: "list[Item]" = []


class Pair(typing.NamedTuple):
    left: Point
    right: Point
