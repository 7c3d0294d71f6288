"""A carrier's cloud as its customers see it, on Python's own http.server: a list of events, asked for by number, text or token.

Started with a file of JSON as its argument, which is read anew for each request: {"events": [...], "status": 200, "location": "", "hang": 0}.
Prints its port, then one line of JSON for each request: path and headers.
"""

import hashlib
import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


class Cloud(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        with open(sys.argv[1], encoding="utf-8") as file:
            told = json.load(file)
        print(json.dumps({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}}), flush=True)
        time.sleep(told.get("hang", 0))
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        events = told["events"]
        if "since" in query:
            events = [event for event in events if event["seq"] >= int(query["since"][0])]
        if address.path == "/pages":
            start = int(query.get("page", ["0"])[0])
            body = {"data": {"list": events[start : start + 2]}, "next": str(min(len(events), start + 2))}
        elif address.path == "/state":
            body = events
        else:
            body = {"data": {"list": events[: told.get("limit", 1000)]}}
        text = json.dumps(body).encode()
        tag = '"' + hashlib.sha256(text).hexdigest()[:12] + '"'
        status = told.get("status", 200)
        if status == 200 and self.headers.get("If-None-Match") == tag:
            status, text = 304, b""
        self.send_response(status)
        if status in (200, 304):
            self.send_header("ETag", tag)
        if told.get("location"):
            self.send_header("Location", told["location"])
        if told.get("retryAfter"):
            self.send_header("Retry-After", told["retryAfter"])
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Cloud)
if len(sys.argv) > 4:
    import ssl

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3], sys.argv[4])
    server.socket = context.wrap_socket(server.socket, server_side=True)
print(json.dumps({"port": server.server_address[1]}), flush=True)
server.serve_forever()
