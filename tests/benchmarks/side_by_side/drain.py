"""The least there is to do: every page is asked for, read and dropped."""

import sys

import requests

shape, url, records, size, target = sys.argv[1:]
with requests.Session() as session:
    for start in range(0, int(records), int(size)):
        _ = session.get(f"{url}/page/{start}").content
