"""Frame: one batch of a cohort, executed and encoded once, whose bytes all its readers share."""

from __future__ import annotations

from collections import OrderedDict

RECALL_BYTES_MAX = 16 * 1024 * 1024


class Frame:
    """What lies after a position, up to another, as the payload of a message.

    ``text`` is the execution result as JSON, empty where nothing was wanted on the way.
    """

    __slots__ = ("_events", "after", "reached", "size", "text")

    def __init__(self, after: int, reached: int, payload: bytes = b"") -> None:
        self.after, self.reached = after, reached
        self.size = len(payload)
        self.text = payload.decode()
        self._events: bytes | None = None

    @property
    def event(self) -> bytes:
        """The frame as a server-sent event, made once for all who get it that way."""
        if self._events is None:
            self._events = f"event: next\nid: {self.reached}\ndata: {self.text}\n\n".encode()
        return self._events


class Recall:
    """Frames that were made lately, so that many who come back together share them.

    Bounded in bytes; what was used longest ago goes first.
    """

    def __init__(self, bytes_max: int = RECALL_BYTES_MAX) -> None:
        self._frames: OrderedDict[tuple[int, int], Frame] = OrderedDict()
        self._bytes_max = bytes_max
        self._bytes = 0

    def put(self, whose: int, frame: Frame) -> None:
        """Keeps a frame of a cohort, by the number of the cohort's reach."""
        key = (whose, frame.after)
        before = self._frames.pop(key, None)
        self._frames[key] = frame
        self._bytes += _cost(frame) - (_cost(before) if before else 0)
        while self._bytes > self._bytes_max:
            self._bytes -= _cost(self._frames.popitem(last=False)[1])

    def get(self, whose: int, after: int) -> Frame | None:
        """The frame that begins after a position."""
        frame = self._frames.get((whose, after))
        if frame is not None:
            self._frames.move_to_end((whose, after))
        return frame


FRAME_BYTES = 400


def _cost(frame: Frame) -> int:
    # Text beyond ASCII takes two bytes a character, and the event is held beside it.
    return FRAME_BYTES + 3 * frame.size
