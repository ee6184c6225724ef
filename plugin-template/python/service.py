"""A service for RustiQ in a process of its own, standard library only: python3 service.py [PORT]"""
import inspect, json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

targets = {"hall": 20.0}

def get_targets():
    """The temperature that each room is to have."""
    return targets

def set_target(room, celsius=20.0):
    """Sets the temperature that a room is to have."""
    targets[room] = float(celsius)
    return {"room": room, "celsius": targets[room]}

COMMANDS = {command.__name__: command for command in (get_targets, set_target)}

def run(command, args=(), kwargs={}, **_):
    try:
        if command not in COMMANDS:
            return {"status": "error", "error": {"code": "command-unknown", "message": f"thermostat has no command {command}"}}
        inspect.signature(COMMANDS[command]).bind(*args, **kwargs)
        return {"status": "ok", "result": COMMANDS[command](*args, **kwargs)}
    except (TypeError, ValueError) as wrong:
        return {"status": "error", "error": {"code": "argument-invalid", "message": f"{command}(): {wrong}"}}

class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        # A web page on the device could send this too, but never without an Origin.
        known = self.path == "/v1/call" and "Origin" not in self.headers
        self.answer(run(**json.loads(self.rfile.read(int(self.headers["Content-Length"])))) if known else None)

    def do_GET(self):
        commands = [{"name": name, "about": command.__doc__} for name, command in COMMANDS.items()]
        self.answer({"services": [{"service": "thermostat", "commands": commands}]} if self.path == "/v1/commands" else None)

    def answer(self, body):
        self.send_response(404 if body is None else 200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

# The runtime tells the port to a program that it starts.
port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ["RUSTIQ_SERVICE_PORT"])
ThreadingHTTPServer(("127.0.0.1", port), Handler).serve_forever()
