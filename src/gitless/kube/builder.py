"""Builds one document's value from libyaml's events, without recursion and within fixed limits."""

from __future__ import annotations

from typing import Any, ClassVar

import yaml

from gitless.kube.scalar import MERGE_KEY, TAG_PREFIX, resolve_plain, resolve_tagged, to_json_key, to_json_number

_MISSING: Any = object()
_MERGE: Any = object()
_NO_MAPPING = "a merge (<<) takes a mapping or a list of mappings"
_READERS_DISAGREE = "a merge (<<) repeats a key that stands before it, which readers of YAML resolve differently"


class BuildError(Exception):
    """A document is refused.

    Attributes:
        problem: Why, without any value.
        line: Counted from 0.
        column: Counted from 0.
    """

    def __init__(self, problem: str, line: int, column: int) -> None:
        super().__init__(problem)
        self.problem = problem
        self.line = line
        self.column = column


class _Frame:
    """One open collection; `key` is what waits for its value in a mapping, `size` counts nodes as if expanded."""

    __slots__ = ("anchor", "container", "explicit", "key", "size")

    def __init__(self, container: Any, anchor: str | None) -> None:
        self.container = container
        self.anchor = anchor
        self.key: Any = _MISSING
        self.explicit: set[str] = set()
        self.size = 1


class DocumentBuilder:
    """Takes events one by one; after `feed` said True, `value` and `line` hold a whole document."""

    MAX_DEPTH: ClassVar[int] = 200
    MAX_NODES: ClassVar[int] = 2_000_000
    MAX_ALIASED: ClassVar[int] = 200_000

    def __init__(self) -> None:
        self.value: Any = None
        self.line = 1
        self._plain: dict[str, Any] = {}
        self._reset()

    def feed(self, event: Any) -> bool:
        """Take the next event.

        Returns:
            True when it closes a document.

        Raises:
            BuildError: The document is refused.
        """
        handler = self._HANDLERS.get(type(event))
        if handler is None:
            return False
        try:
            return bool(handler(self, event))
        except ValueError as error:
            mark = event.start_mark
            raise BuildError(str(error), mark.line, mark.column) from None

    def _reset(self) -> None:
        self._frames: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int] | None] = {}
        self._nodes = 0
        self._aliased = 0

    def _start_document(self, event: Any) -> None:
        self._reset()
        self.value = None
        self.line = event.end_mark.line + 1

    def _end_document(self, _event: Any) -> bool:
        self._anchors = {}
        return True

    def _start_mapping(self, event: Any) -> None:
        self._open({}, event, "map")

    def _start_sequence(self, event: Any) -> None:
        self._open([], event, "seq")

    def _open(self, container: Any, event: Any, tag: str) -> None:
        if event.tag not in (None, "!", TAG_PREFIX + tag):
            raise ValueError("the tag is not allowed")
        if len(self._frames) >= self.MAX_DEPTH:
            raise ValueError(f"it nests deeper than {self.MAX_DEPTH} levels")
        if event.anchor:
            self._anchors[event.anchor] = None
        if not self._frames:
            self.line = event.start_mark.line + 1
        self._frames.append(_Frame(container, event.anchor))

    def _close(self, _event: Any) -> None:
        frame = self._frames.pop()
        if frame.anchor:
            self._anchors[frame.anchor] = (frame.container, frame.size)
        self._count(1)
        self._place(frame.container, frame.size)

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise ValueError("an alias names no anchor")
        known = self._anchors[event.anchor]
        if known is None:
            raise ValueError("an anchor's value contains itself")
        value, size = known
        self._aliased += size
        if self._aliased > self.MAX_ALIASED:
            raise ValueError("its aliases expand too far")
        self._count(size)
        if isinstance(value, list) and self._frames and self._frames[-1].key is _MERGE:
            raise ValueError(_NO_MAPPING)
        self._place(value, size)

    def _scalar(self, event: Any) -> None:
        self._count(1)
        if self._is_merge(event):
            self._frames[-1].key = _MERGE
            return
        value = self._resolve(event)
        if event.anchor:
            self._anchors[event.anchor] = (value, 1)
        if not self._frames:
            self.line = event.start_mark.line + 1
        self._place(value, 1)

    def _is_merge(self, event: Any) -> bool:
        waits = self._frames and isinstance(self._frames[-1].container, dict) and self._frames[-1].key is _MISSING
        if not waits or event.value != MERGE_KEY:
            return False
        return bool(event.tag == TAG_PREFIX + "merge" or (event.implicit[0] and event.tag is None))

    def _resolve(self, event: Any) -> Any:
        tag, text = event.tag, event.value
        if tag is None:
            if not event.implicit[0]:
                return text
            if text not in self._plain:
                self._plain[text] = resolve_plain(text)
            return self._plain[text]
        if tag == "!":
            return text
        if not tag.startswith(TAG_PREFIX):
            raise ValueError("the tag is not allowed")
        return resolve_tagged(tag.removeprefix(TAG_PREFIX), text)

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > self.MAX_NODES:
            raise ValueError(f"it holds more than {self.MAX_NODES} values")

    def _place(self, value: Any, size: int) -> None:
        """Put a finished value where it belongs: into the open collection, or as the document itself."""
        if not self._frames:
            self.value = _to_json(value)
            return
        frame = self._frames[-1]
        frame.size += size
        if isinstance(frame.container, list):
            frame.container.append(_to_json(value))
        elif frame.key is _MISSING:
            frame.key = to_json_key(value)
        else:
            self._set(frame, value)

    def _set(self, frame: _Frame, value: Any) -> None:
        key, frame.key = frame.key, _MISSING
        if key is _MERGE:
            self._merge(frame, value)
            return
        if key in frame.explicit:
            raise ValueError("a key is repeated")
        frame.explicit.add(key)
        frame.container[key] = _to_json(value)

    def _merge(self, frame: _Frame, value: Any) -> None:
        sources = value if isinstance(value, list) else [value]
        if not all(isinstance(source, dict) for source in sources):
            raise ValueError(_NO_MAPPING)
        if _MERGE in frame.explicit:
            raise ValueError("a key is repeated")
        for source in reversed(sources):  # earlier ones take precedence
            if not frame.explicit.isdisjoint(source):
                raise ValueError(_READERS_DISAGREE)
            frame.container.update(source)
        frame.explicit.add(_MERGE)

    _HANDLERS: ClassVar[dict[type, Any]] = {
        yaml.DocumentStartEvent: _start_document,
        yaml.DocumentEndEvent: _end_document,
        yaml.MappingStartEvent: _start_mapping,
        yaml.MappingEndEvent: _close,
        yaml.SequenceStartEvent: _start_sequence,
        yaml.SequenceEndEvent: _close,
        yaml.AliasEvent: _alias,
        yaml.ScalarEvent: _scalar,
    }


def _to_json(value: Any) -> Any:
    return to_json_number(value) if isinstance(value, float) else value
