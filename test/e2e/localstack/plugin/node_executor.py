"""A Lambda runtime executor for LocalStack: each execution environment is a local Node.js process, no Docker.

LAMBDA_RUNTIME_EXECUTOR=local selects it. It serves the Lambda Runtime API (2018-06-01) on a loopback port to the
client that LOCAL_EXECUTOR_BOOTSTRAP names. `node` on PATH serves every nodejs runtime.
"""

import atexit
import json
import logging
import os
import queue
import subprocess
import threading
import time
import weakref
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from localstack import config
from localstack.services.lambda_.invocation.executor_endpoint import StatusErrorException
from localstack.services.lambda_.invocation.lambda_models import FunctionVersion, InvocationResult
from localstack.services.lambda_.invocation.plugins import RuntimeExecutorPlugin
from localstack.services.lambda_.invocation.runtime_executor import LambdaRuntimeException, RuntimeExecutor

LOG = logging.getLogger(__name__)
API = "/2018-06-01/runtime/"
PASSED_ENV = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH")
_LIVE: "weakref.WeakSet[LocalRuntimeExecutor]" = weakref.WeakSet()
atexit.register(lambda: [e.stop() for e in list(_LIVE)])


class LocalRuntimeExecutorPlugin(RuntimeExecutorPlugin):
    name = "local"

    def load(self, *args, **kwargs):
        return LocalRuntimeExecutor


class _RuntimeApi(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else every reply waits 40 ms for a delayed ACK

    def log_message(self, *args):
        pass

    def handle(self):
        try:
            super().handle()
        except OSError:  # the runtime process went away
            pass

    def _reply(self, status: int, body: bytes = b"", headers: dict | None = None):
        self.send_response(status)
        for k, v in (headers or {}).items():
            self.send_header(k, v)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        ex = self.server.executor
        if self.path != API + "invocation/next":
            return self._reply(404)
        ex.started.done() or ex.started.set_result(True)
        job = ex.jobs.get()
        if job is None:
            self.close_connection = True
            return
        self._reply(200, job["payload"], job["headers"])

    def do_POST(self):
        ex = self.server.executor
        chunks, length = [], self.headers.get("Content-Length")
        if length is not None:
            chunks.append(self.rfile.read(int(length)))
        else:  # response streaming: chunked transfer encoding
            while size := int(self.rfile.readline().split(b";")[0], 16):
                chunks.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
        body, parts = b"".join(chunks), self.path[len(API):].split("/")
        self._reply(202, b'{"status":"OK"}')
        if parts == ["init", "error"]:
            ex.started.done() or ex.started.set_exception(StatusErrorException("init error", payload=body))
        elif len(parts) == 3 and parts[0] == "invocation":
            ex.finish(parts[1], body, is_error=parts[2] == "error")


class LocalRuntimeExecutor(RuntimeExecutor):
    def __init__(self, id: str, function_version: FunctionVersion) -> None:
        super().__init__(id=id, function_version=function_version)
        self.jobs, self.started, self.current = queue.Queue(), Future(), None
        self.process = self.server = self.env = None
        self.stopped, self.logs, self.lock = False, [], threading.Lock()

    # -- process -----------------------------------------------------------------------------------------------
    def start(self, env_vars: dict[str, str]) -> None:
        code = str(self.function_version.config.code.get_unzipped_code_location())
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _RuntimeApi)
        self.server.daemon_threads, self.server.executor = True, self
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 5}, daemon=True).start()
        self.env = {k: os.environ[k] for k in PASSED_ENV if k in os.environ}
        self.env |= {k: str(v) for k, v in env_vars.items()}
        self.env |= {
            "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{self.server.server_address[1]}",
            "LAMBDA_TASK_ROOT": code,
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{self.function_version.config.runtime}",
            "LOCAL_EXECUTOR_SDK": os.environ.get("LOCAL_EXECUTOR_SDK", ""),
        }
        _LIVE.add(self)
        self._spawn()

    def _spawn(self) -> None:
        self.started, self.jobs = Future(), queue.Queue()
        runtime = self.function_version.config.runtime or ""
        if not runtime.startswith("nodejs"):
            raise LambdaRuntimeException(f"local executor runs nodejs only, not {runtime}")
        bootstrap = os.environ["LOCAL_EXECUTOR_BOOTSTRAP"]
        heap = f"--max-old-space-size={int(self.function_version.config.memory_size * 0.9)}"
        argv = ["node", heap, bootstrap]
        self.process = subprocess.Popen(
            argv, cwd=self.env["LAMBDA_TASK_ROOT"], env=self.env, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)
        threading.Thread(target=self._pump, args=(self.process,), daemon=True).start()
        self.started.result(timeout=config.LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT)

    def _pump(self, process: subprocess.Popen) -> None:
        for line in process.stdout:
            text = line.decode(errors="replace")
            with self.lock:
                self.logs.append(text)
                del self.logs[:-5000]
        code = process.wait()
        if process is not self.process or self.stopped:
            return
        error = json.dumps({"errorType": "Runtime.ExitError",
                            "errorMessage": f"RequestId: {self.current and self.current[0]} Error: Runtime exited with error: exit status {code}"}).encode()
        self.started.done() or self.started.set_exception(StatusErrorException("runtime exited", payload=error))
        if self.current:
            self.finish(self.current[0], error, is_error=True)

    def _kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.jobs.put(None)

    def stop(self) -> None:
        self.stopped = True
        _LIVE.discard(self)
        self._kill()
        if self.current:
            self.current[1].cancel()
        if self.server:
            threading.Thread(target=self.server.shutdown, daemon=True).start()
            self.server.server_close()

    # -- invocation --------------------------------------------------------------------------------------------
    def invoke(self, payload: dict[str, str]) -> InvocationResult:
        request_id, timeout = payload["invoke-id"], self.function_version.config.timeout
        if self.process.poll() is not None:  # it exited, or was killed for a timeout: a fresh one, as on AWS
            self._spawn()
        future: Future = Future()
        with self.lock:
            self.logs.clear()
        self.current, t0 = (request_id, future), time.time()
        self.jobs.put({"payload": payload["payload"].encode(), "headers": {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": request_id,
            "Lambda-Runtime-Deadline-Ms": str(int((t0 + timeout) * 1000)),
            "Lambda-Runtime-Invoked-Function-Arn": payload["invoked-function-arn"],
            "Lambda-Runtime-Trace-Id": payload["trace-id"],
        }})
        try:
            body, is_error = future.result(timeout=timeout)
        except FutureTimeout:
            self.current = None
            self._kill()
            body, is_error = json.dumps({"errorType": "Sandbox.Timedout",
                "errorMessage": f"RequestId: {request_id} Error: Task timed out after {timeout:.2f} seconds"}).encode(), True
        finally:
            self.current = None
        ms = (time.time() - t0) * 1000
        with self.lock:
            text = "".join(self.logs)
        memory = self.function_version.config.memory_size
        logs = (f"START RequestId: {request_id} Version: {self.function_version.id.qualifier}\n{text}"
                f"END RequestId: {request_id}\nREPORT RequestId: {request_id}\tDuration: {ms:.2f} ms\t"
                f"Billed Duration: {int(ms) + 1} ms\tMemory Size: {memory} MB\tMax Memory Used: {memory} MB\t\n")
        return InvocationResult(request_id, body, is_error=is_error, logs=logs)

    def finish(self, request_id: str, body: bytes, is_error: bool) -> None:
        if (current := self.current) and current[0] == request_id and not current[1].done():
            current[1].set_result((body, is_error))

    # -- the rest of the contract ------------------------------------------------------------------------------
    def get_address(self) -> str:
        return "127.0.0.1"

    def get_endpoint_from_executor(self) -> str:
        return "127.0.0.1"  # an IP makes the AWS SDK use path-style S3

    def get_runtime_endpoint(self) -> str:
        return f"http://127.0.0.1:{config.GATEWAY_LISTEN[0].port}/_localstack_lambda/{self.id}"

    def get_logs(self) -> str:
        return "".join(self.logs)

    @classmethod
    def prepare_version(cls, function_version: FunctionVersion) -> None:
        if function_version.config.code:
            function_version.config.code.prepare_for_execution()

    @classmethod
    def cleanup_version(cls, function_version: FunctionVersion) -> None:
        pass
