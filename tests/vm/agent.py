"""PID 1 of the guest: runs what the host asks for, a line of JSON a request, and answers with a line. If it ends, the
guest does.

  {"run": [WORD…], "seconds": N}                  → {"code": N, "output": TEXT}   code null: not done in time, and ended
  {"start": [WORD…], "log": PATH, "env": {…}}     → {"pid": N}
  {"poll": PID}                                   → {"code": N or null}           null: it runs
  {"stop": PID, "seconds": N}                     → {"code": N}                     SIGTERM, then SIGKILL
"""

import json
import os
import subprocess
import time

PORT = "/dev/vport0p1"
started = {}


def run(words, seconds):
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace") as process:
        try:
            output, _ = process.communicate(timeout=seconds)
            return {"code": process.returncode, "output": output}
        except subprocess.TimeoutExpired:
            process.kill()
            return {"code": None, "output": process.communicate()[0]}


def start(words, log, env):
    with open(log, "wb") as out:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                                   env={**os.environ, **env})
    started[process.pid] = process
    return {"pid": process.pid}


def stop(pid, seconds):
    process = started[pid]
    process.terminate()
    try:
        return {"code": process.wait(seconds)}
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        return {"code": None}


def answer(request):
    try:
        if "run" in request:
            return run(request["run"], request["seconds"])
        if "start" in request:
            return start(request["start"], request["log"], request["env"])
        if "poll" in request:
            return {"code": started[request["poll"]].poll()}
        return stop(request["stop"], request["seconds"])
    except OSError as error:
        return {"code": 127, "output": str(error)}


def main():
    while not os.path.exists(PORT):
        time.sleep(0.05)
    with open(PORT, "r+b", buffering=0) as port:
        port.write(b'{"ready": true}\n')
        rest = b""
        while True:
            got = port.read(65536)
            if not got:  # the test is gone, however it ended: so is the guest, and qemu with it
                return
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                reply = json.dumps(answer(json.loads(line))).encode() + b"\n"
                while reply:
                    reply = reply[port.write(reply):]


main()
