"""dlt with its declarative REST source: as it comes, or with the settings that its guide advises.

`advised`: Parquet between the stages, files small enough for two processes to normalise, and
nested objects kept as JSON, which is what this project keeps too.
"""

import os
import sys
from pathlib import Path

import dlt
from dlt.sources.rest_api import rest_api_source

way, shape, url, records, size, target = sys.argv[1:]
if __name__ == "__main__":
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ["PIPELINES_DIR"] = str(Path(target).parent / "dlt")
    if way == "advised":
        os.environ["NORMALIZE__WORKERS"] = "2"
        os.environ["DATA_WRITER__FILE_MAX_ITEMS"] = "50000"
        os.environ["DATA_WRITER__BUFFER_MAX_ITEMS"] = "10000"
    endpoint = {
        "hubspot": {
            "path": "/crm/v3/objects/companies",
            "params": {"limit": int(size), "archived": "false"},
            "data_selector": "results",
            "paginator": {
                "type": "cursor",
                "cursor_path": "paging.next.after",
                "cursor_param": "after",
            },
        },
        "salesforce": {
            "path": "/services/data/v61.0/queryAll",
            "params": {"q": "select FIELDS(ALL) from Opportunity"},
            "data_selector": "records",
            "paginator": {"type": "json_link", "next_url_path": "nextRecordsUrl"},
        },
    }[shape]
    key = {"hubspot": "id", "salesforce": "Id"}[shape]
    source = rest_api_source(
        {
            "client": {"base_url": url},
            "resources": [{"name": "records", "primary_key": key, "endpoint": endpoint}],
        }
    )
    if way == "advised":
        source.max_table_nesting = 0
    pipeline = dlt.pipeline(
        "side_by_side",
        pipelines_dir=os.environ["PIPELINES_DIR"],
        destination=dlt.destinations.duckdb(target),
        dataset_name="loaded",
    )
    pipeline.run(source, loader_file_format="parquet" if way == "advised" else None)
