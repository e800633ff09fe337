"""A file server that misbehaves on request."""

import contextlib
import hashlib
import http.server
import itertools
import threading


class Answer:
    """A server's answer to one request.

    `said` is the Content-Length if it is not the length of what is sent; `ranges` is whether a part is sent if one is
    requested; `tag` identifies the version; with `ignores`, a part of any version is sent.
    """

    def __init__(self, body=b"", status=200, said=None, cut=None, ranges=True, tag=None, ignores=False, kind=None):
        self.body, self.status, self.said, self.cut = body, status, said, cut
        self.ranges, self.ignores, self.kind = ranges, ignores, kind
        self.tag = f'"{hashlib.md5(body).hexdigest()}"' if tag is None else tag


@contextlib.contextmanager
def serving(*answers, path="/file"):
    """Serve over HTTP, one answer a request and the last one from then on; yield the address and the requests."""
    remaining = itertools.chain(answers, itertools.repeat(answers[-1]))
    asked = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append((self.path, self.headers.get("Range")))
            answer = next(remaining)
            body, status, extra = answer.body, answer.status, {}
            wanted = self.headers.get("Range")
            if wanted and status == 200 and answer.ranges:
                start = int(wanted.removeprefix("bytes=").rstrip("-"))
                if answer.ignores or self.headers.get("If-Range") in (None, answer.tag):
                    if start >= len(body):
                        body, status = b"", 416
                    else:
                        extra["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
                        body, status = body[start:], 206
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            if answer.tag:
                self.send_header("ETag", answer.tag)
            if answer.kind:
                self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(body) if answer.said is None else answer.said))
            self.end_headers()
            self.wfile.write(body[: answer.cut])

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{path}", asked
    finally:
        server.shutdown()
        server.server_close()
