"""The part of AWS Lambda that a function talks to: its runtime API, which hands out events and takes answers."""

from __future__ import annotations

import json
import queue
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread


class RuntimeApi:
    """https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, on this machine alone."""

    def __init__(self):
        self.events, self.answers = queue.Queue(), queue.Queue()
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                event = api.events.get()
                content = json.dumps(event).encode()
                self.send_response(200)
                for name, value in (
                    ("Lambda-Runtime-Aws-Request-Id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
                    ("Lambda-Runtime-Deadline-Ms", "33000000000000"),
                    ("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:x:0:function:it"),
                    ("Content-Type", "application/json"),
                    ("Content-Length", str(len(content))),
                ):
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def do_POST(self):
                content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                api.answers.put((self.path.rpartition("/")[2], json.loads(content)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *words):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def invoke(self, event):
        """What the function answers to an event; or `("error", …)`."""
        self.events.put(event)
        return self.answers.get(timeout=60)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def http_event(method, path, body=None, **headers):
    """An event of an HTTP API, payload format 2.0."""
    http = {
        "method": method,
        "path": path,
        "protocol": "HTTP/1.1",
        "sourceIp": "192.0.2.1",
        "userAgent": "test",
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {
            "host": "id.execute-api.example.com",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        "requestContext": {"http": http, "requestId": "id", "stage": "$default"},
        "body": body,
        "isBase64Encoded": False,
    }
