"""The same pages as a low-code manifest, the way in which Airbyte declares a source over HTTP."""

VERSION = "7.0.0"


def manifest(shape, url, size):
    """A declarative source with one stream."""
    text = {"type": ["null", "string"]}
    company = {
        "path": "/crm/v3/objects/companies",
        "parameters": {"limit": size, "archived": "false"},
        "records": "results",
        "key": "id",
        "cursor": "{{ response['paging']['next']['after'] }}",
        "stop": "{{ not response.get('paging', {}).get('next') }}",
        "token": {
            "type": "RequestOption",
            "inject_into": "request_parameter",
            "field_name": "after",
        },
    }
    opportunity = {
        "path": "/services/data/v61.0/queryAll",
        "parameters": {"q": "select"},
        "records": "records",
        "key": "Id",
        "cursor": url + "{{ response['nextRecordsUrl'] }}",
        "stop": "{{ not response.get('nextRecordsUrl') }}",
        "token": {"type": "RequestPath"},
    }
    how = {"hubspot": company, "salesforce": opportunity}[shape]
    stream = {
        "type": "DeclarativeStream",
        "name": "records",
        "primary_key": [how["key"]],
        "retriever": {
            "type": "SimpleRetriever",
            "requester": {
                "type": "HttpRequester",
                "url_base": url,
                "path": how["path"],
                "http_method": "GET",
                "request_parameters": how["parameters"],
            },
            "record_selector": {
                "type": "RecordSelector",
                "extractor": {"type": "DpathExtractor", "field_path": [how["records"]]},
            },
            "paginator": {
                "type": "DefaultPaginator",
                "page_token_option": how["token"],
                "pagination_strategy": {
                    "type": "CursorPagination",
                    "cursor_value": how["cursor"],
                    "stop_condition": how["stop"],
                },
            },
        },
        "schema_loader": {
            "type": "InlineSchemaLoader",
            "schema": {
                "type": "object",
                "additionalProperties": True,
                "properties": {how["key"]: text},
            },
        },
    }
    return {
        "version": VERSION,
        "type": "DeclarativeSource",
        "check": {"type": "CheckStream", "stream_names": ["records"]},
        "streams": [stream],
        "spec": {
            "type": "Spec",
            "connection_specification": {"type": "object", "properties": {}},
        },
    }
