"""The Airbyte CDK: extraction alone, its messages written to a file, as to a pipe."""

import json
import sys
from pathlib import Path

from airbyte_cdk.entrypoint import launch
from airbyte_cdk.models import ConfiguredAirbyteCatalogSerializer
from airbyte_cdk.sources.declarative.concurrent_declarative_source import (
    ConcurrentDeclarativeSource,
)
from airbyte_manifest import manifest

shape, url, records, size, target = sys.argv[1:]
folder = Path(target).parent
config, catalog = folder / "config.json", folder / "catalog.json"
config.write_text("{}")
stream = {"name": "records", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
chosen = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
catalog.write_text(json.dumps({"streams": [chosen]}))
source = ConcurrentDeclarativeSource(
    catalog=ConfiguredAirbyteCatalogSerializer.load(json.loads(catalog.read_text())),
    config={},
    state=None,
    source_config=manifest(shape, url, size),
)
launch(source, ["read", "--config", str(config), "--catalog", str(catalog)])
