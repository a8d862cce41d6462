"""Links to a sheet's CSV export: what is read, what failure means, and what stays secret."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from files_reading import files_source, read

from connectors.errors import PermanentSourceError, SourceError, TransientSourceError

SECRET = "s3cr3t"


class Sheets(BaseHTTPRequestHandler):
    """Answers /csv with a table, /<status> with that status."""

    def do_GET(self) -> None:
        what = self.path.split("?")[0].strip("/")
        status = int(what) if what.isdigit() else 200
        body = b"response_id,score\n1,9\n2,7\n"
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if what == "login" else "text/csv")
        self.send_header("Content-Length", str(len(body) + (5 if what == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Sheets) as running:
        thread = Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_linked_sheet_is_read_like_a_file(tmp_path: Path, server: str) -> None:
    source = files_source(tmp_path, entities={"surveys": {"file": f"{server}/csv?token={SECRET}"}})
    done = read(source, "surveys")
    assert done is not None
    assert done.rows == [{"response_id": "1", "score": "9"}, {"response_id": "2", "score": "7"}]
    assert done.manifest.origin["file"] == "127.0.0.1/csv"
    assert SECRET not in str(done.manifest)
    assert read(source, "surveys", done.manifest.cursor) is None


def test_the_link_may_come_from_the_environment(
    tmp_path: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = files_source(tmp_path, entities={"surveys": {"file": "$SURVEYS"}})
    monkeypatch.delenv("SURVEYS", raising=False)
    with pytest.raises(
        PermanentSourceError, match=r"sources\.sheets\.entities\.surveys\.file.*SURVEYS is not set"
    ):
        read(source, "surveys")
    monkeypatch.setenv("SURVEYS", "surveys.csv")
    with pytest.raises(PermanentSourceError, match=r"\$SURVEYS, which must hold an http"):
        read(source, "surveys")
    monkeypatch.setenv("SURVEYS", f"{server}/csv")
    done = read(source, "surveys")
    assert done is not None
    assert done.manifest.records == 2


@pytest.mark.parametrize(
    ("path", "kind", "message"),
    [
        ("403", PermanentSourceError, "answered 403. Check that the sheet is shared"),
        ("404", PermanentSourceError, "answered 404. Check that the sheet is shared"),
        ("login", PermanentSourceError, "answered with a web page, not with CSV. Check"),
        ("408", TransientSourceError, "answered 408; it will be tried again"),
        ("429", TransientSourceError, "answered 429; it will be tried again"),
        ("503", TransientSourceError, "answered 503; it will be tried again"),
        ("cut", TransientSourceError, "could not be fetched"),
    ],
)
def test_failures_say_what_to_do_and_keep_the_secret(
    tmp_path: Path, server: str, path: str, kind: type[SourceError], message: str
) -> None:
    source = files_source(
        tmp_path, entities={"surveys": {"file": f"{server}/{path}?token={SECRET}"}}
    )
    with pytest.raises(kind) as error:
        read(source, "surveys")
    assert f"127.0.0.1/{path}" in str(error.value)
    assert message in str(error.value)
    assert SECRET not in str(error.value)
    assert error.value.__suppress_context__ or error.value.__context__ is None
    assert not list((tmp_path / "landing").rglob("*.*"))


def test_a_server_that_is_not_there_is_tried_again(tmp_path: Path) -> None:
    link = f"http://127.0.0.1:9/csv?token={SECRET}"
    with pytest.raises(TransientSourceError, match=r"127\.0\.0\.1/csv could not") as error:
        read(files_source(tmp_path, entities={"surveys": {"file": link}}), "surveys")
    assert SECRET not in str(error.value)
