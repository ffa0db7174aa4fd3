"""A web server on this machine that serves files from memory, and can misbehave as real ones do."""

import re
import ssl
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class Site:
    """What a server gives: {path: bytes}; every request is noted as (path, its Range or None)."""

    def __init__(self, files):
        self.files, self.requests = files, []
        self.ranges = True  # whether it heeds Range
        self.breaks = []  # how many bytes to send before each of the next answers breaks off
        self.busy = 0  # how many answers to give as 503 first
        self.type = "application/octet-stream"
        self.address = None


@contextmanager
def serving(files, certificate=None):
    site = Site(files)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            wanted = self.headers.get("Range")
            site.requests.append((self.path, wanted))
            if site.busy:
                site.busy -= 1
                return self.send_error(503)
            data = site.files.get(self.path.lstrip("/"))
            if data is None:
                return self.send_error(404)
            start = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1]) if wanted and site.ranges else 0
            if start >= len(data) and start:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(data)}")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.send_response(206 if start else 200)
            if start:
                self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
            self.send_header("Content-Type", site.type)
            self.send_header("Content-Length", str(len(data) - start))
            self.end_headers()
            end = start + site.breaks.pop(0) if site.breaks else len(data)
            self.wfile.write(data[start:end])

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    site.address = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
