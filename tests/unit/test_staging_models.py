"""That connectors and staging models say the same of which stream becomes which entity.

Belongs here: the two declarations held against each other. Does not: what a mapping computes.
"""

from __future__ import annotations

import pytest

from connectors import registry
from connectors.stream import Stream
from pipelines import canonical
from pipelines.staging import StagingModel, staging_models

STREAMS: dict[str, dict[str, Stream]] = {
    name: {stream.name: stream for stream in registry.kind(name).streams}
    for name in registry.kinds()
}
FED = [
    (kind, stream.name, entity)
    for kind, streams in STREAMS.items()
    for stream in streams.values()
    for entity in stream.feeds
]


@pytest.mark.parametrize("model", staging_models(), ids=lambda model: model.name)
def test_a_staging_model_is_made_of_streams_that_feed_its_entity(model: StagingModel) -> None:
    assert model.name == f"stg_{model.kind}__{model.entity}"
    streams = [STREAMS[model.kind][name] for name in model.streams]
    assert any(model.entity in stream.feeds for stream in streams)


@pytest.mark.parametrize("model", staging_models(), ids=lambda model: model.name)
def test_a_staging_model_carries_fields_of_the_vocabulary(model: StagingModel) -> None:
    fields = canonical.entities()[model.entity].fields
    assert set(model.carries) <= {field.name for field in fields}
    assert {field.name for field in fields if field.is_required} <= set(model.carries)


@pytest.mark.parametrize(("kind", "stream", "entity"), FED)
def test_what_a_stream_feeds_is_made_of_it(kind: str, stream: str, entity: str) -> None:
    (model,) = [m for m in staging_models() if (m.kind, m.entity) == (kind, entity)]
    assert stream in model.streams


def test_every_api_feeds_something() -> None:
    assert {kind for kind, _, _ in FED} == {k for k, streams in STREAMS.items() if streams}
