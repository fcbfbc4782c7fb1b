from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel


class Mode(Enum):
    DAY = "day"
    NIGHT = "night"


@dataclass
class Point:
    x: int
    y: int = 0


class Item(BaseModel):
    name: str
    mode: Mode = Mode.DAY


LABEL = "shapes one"
