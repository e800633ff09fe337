"""A stand-in of the hub's HTTP interface for datasets: it takes a commit, and keeps the files."""

import base64
import contextlib
import http.server
import json
import re
import threading

COMMIT = "c" * 40


class Hub:
    """What was asked of the stand-in and given to it.

    Attributes
    ----------
    files : dict of str to bytes
        The files of the dataset, which may be there before.
    made : list of dict
        The repositories that were asked for.
    tokens : set of str
        What requests authorised themselves with.
    private : bool
        Whether the dataset can be seen by its owner alone.
    """

    def __init__(self, files=(), refusing=None, private=True):
        self.files, self.made, self.tokens, self.refusing = dict(files), [], set(), refusing
        self.private = private

    def answer(self, method, path, body):
        """Return status and JSON of the answer to a request."""
        if self.refusing and re.search(self.refusing, path):
            return 403, {"error": "this token may not write here"}
        if path == "/api/repos/create":
            self.made.append(json.loads(body))
            return 200, {"url": f"{self.endpoint}/datasets/me/toy"}
        if path == "/api/validate-yaml":
            return 200, {"errors": [], "warnings": []}
        if path.endswith("/preupload/main"):
            asked = json.loads(body)["files"]
            return 200, {
                "files": [{"path": one["path"], "uploadMode": "regular", "shouldIgnore": False} for one in asked]
            }
        if path.startswith("/api/datasets/me/toy/tree/main"):
            rows = [{"type": "file", "path": name, "size": 1, "oid": "0" * 40} for name in sorted(self.files)]
            return 200, rows
        if path.endswith("/commit/main"):
            for line in map(json.loads, body.splitlines()):
                value = line["value"]
                if line["key"] == "file":
                    self.files[value["path"]] = base64.b64decode(value["content"])
                elif line["key"] == "deletedFile":
                    del self.files[value["path"]]
            return 200, {"commitUrl": f"{self.endpoint}/datasets/me/toy/commit/{COMMIT}", "commitOid": COMMIT}
        if path.startswith("/api/datasets/me/toy"):
            rows = [{"rfilename": name} for name in sorted(self.files)]
            return 200, {"id": "me/toy", "sha": "a" * 40, "siblings": rows, "tags": [], "private": self.private}
        return 404, {"error": f"{method} {path}"}


@contextlib.contextmanager
def serving(hub):
    """Serve a stand-in; yield its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            hub.tokens.add(self.headers.get("Authorization", "").removeprefix("Bearer "))
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = hub.answer(self.command, self.path.split("?")[0], body)
            content = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    hub.endpoint = f"http://127.0.0.1:{server.server_port}"
    try:
        yield hub.endpoint
    finally:
        server.shutdown()
        server.server_close()
