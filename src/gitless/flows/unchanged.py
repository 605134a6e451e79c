"""Whether what a channel names is already what this run would publish."""

from __future__ import annotations

from gitless.errors import UntrustedContentError
from gitless.flows.build import Built
from gitless.flows.channel import Named, order_of
from gitless.model.component import ComponentPlan
from gitless.model.media_types import ANNOTATION_CONTENT, ANNOTATION_CREATED, ANNOTATION_REVISION
from gitless.model.revision import Revision, Source
from gitless.ports import History

_PER_COMMIT = (ANNOTATION_CREATED, ANNOTATION_REVISION)


def could_be_unchanged(named_annotations: dict[str, str], built: Built) -> bool:
    """A hint from annotations alone: worth reading the evidence for. Annotations prove nothing."""
    return named_annotations.get(ANNOTATION_CONTENT) == str(built.packed.content)


def is_unchanged(named: Named, built: Built, plan: ComponentPlan, source: Source, history: History | None) -> bool:
    """Whether nothing needs to be published ("unchanged" in docs/publishing.md).

    True only when all of this holds: the channel's artifact carries this identity's valid evidence of all three kinds;
    its layer is ours, digest for digest; its other annotations are ours; and no commit between its revision and ours
    touches the component's inputs (X, then Y, then X again is a change, even though the bytes are equal).
    """
    if not named.trusted or not _same_layer(named, built) or not _same_annotations(named, built):
        return False
    if named.manifest.digest == built.manifest.digest:
        return True
    revision = Revision.parse(named.revision)
    if history is None or source.commit is None or revision is None or revision.dirty:
        return False
    if order_of(named.manifest, source, history) not in ("newer", "same"):
        return False
    return not history.touched(revision.sha, source.commit, plan.inputs)


def _same_layer(named: Named, built: Built) -> bool:
    try:
        layers, config = named.manifest.layers, named.manifest.config
    except UntrustedContentError:
        return False
    ours = built.manifest
    return (
        len(layers) == 1
        and layers[0].digest == built.packed.descriptor.digest
        and layers[0].media_type == built.packed.descriptor.media_type
        and config == ours.config
        and named.manifest.media_type == ours.media_type
    )


def _same_annotations(named: Named, built: Built) -> bool:
    theirs, ours = dict(named.manifest.annotations), dict(built.manifest.annotations)
    for key in _PER_COMMIT:
        theirs.pop(key, None)
        ours.pop(key, None)
    return theirs == ours
