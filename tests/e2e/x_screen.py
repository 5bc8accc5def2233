"""A screen of the tests' own, looked at as a person does: keys are pressed, words are read, stamps tell whose picture lies where."""

import os
import re
import subprocess

from lab import SLOW
from stamp import read_stamp

LIMIT = 60 * SLOW


def gst(*words, given=b""):
    """What a pipeline makes of what it is given."""
    done = subprocess.run(["gst-launch-1.0", "-q", *words, "!", "fdsink", "fd=1"], input=given, stdout=subprocess.PIPE, check=True, timeout=LIMIT)
    return done.stdout


class Picture:
    """Rows of RGB."""

    def __init__(self, width, height, data):
        self.width, self.height, self.data = width, height, data

    @staticmethod
    def of_pnm(data):
        head = re.match(rb"P6\s(?:#.*\n)*(\d+) (\d+)\s(?:#.*\n)*255\n", data)
        width, height = int(head[1]), int(head[2])
        return Picture(width, height, data[head.end():head.end() + width * height * 3])

    @staticmethod
    def of_png(path):
        return Picture.of_pnm(gst(*f"filesrc location={path} ! pngdec ! videoconvert ! video/x-raw,format=RGB ! pnmenc".split()))

    def crop(self, x, y, width, height):
        rows = (self.data[(row * self.width + x) * 3:(row * self.width + x + width) * 3] for row in range(y, y + height))
        return Picture(width, height, b"".join(rows))

    def mean(self):
        """(r, g, b)."""
        return tuple(sum(self.data[each::3]) / (self.width * self.height) for each in range(3))

    def stamp(self):
        """Which frame of which camera this is; None: it carries none that can be read."""
        height = self.width * 12 // 320
        if self.width < 320 or self.height < height:
            return None
        strip = self.crop(0, 0, self.width, height).data
        luma = bytes((red + green + blue) // 3 for red, green, blue in zip(strip[0::3], strip[1::3], strip[2::3]))
        return read_stamp(luma, self.width, height, self.width)

    def text(self):
        """The lines that can be read on it: bright letters on a dark ground, of whatever colour."""
        bright = bytes(map(max, self.data[0::3], self.data[1::3], self.data[2::3]))
        ink = bytes(255 - min(max((value - 110) * 2, 0), 255) for value in range(256))  # black on white, as books are
        page = b"P5\n%d %d\n255\n" % (self.width, self.height) + bright.translate(ink)
        larger = gst(*f"fdsrc ! pnmdec ! videoscale method=lanczos ! video/x-raw,width={self.width * 3},height={self.height * 3},format=GRAY8 ! "
                     "pnmenc".split(), given=page)
        done = subprocess.run(["tesseract", "stdin", "stdout", "--psm", "6", "-c", "load_system_dawg=0", "-c", "load_freq_dawg=0"], input=larger,
                              env={**os.environ, "OMP_THREAD_LIMIT": "1"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True, timeout=LIMIT)
        return [line.strip() for line in done.stdout.decode().upper().splitlines() if line.strip()]


class Xvfb:
    """An X server without a window manager: windows lie at the top left, and what the pointer is over gets the keys."""

    SIZE = (1280, 800)

    def __enter__(self):
        self.start()
        return self

    def start(self, *name):
        """Of the name that is free, or of one that it had before."""
        read, write = os.pipe()
        self.process = subprocess.Popen(["Xvfb", *name, "-displayfd", str(write), "-screen", "0", "%dx%dx24" % self.SIZE, "-nolisten", "tcp", "-noreset"],
                                        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as number:
            self.name = ":" + number.readline().strip()

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def do(self, *words):
        done = subprocess.run(["xdotool", *words], env={**os.environ, "DISPLAY": self.name}, capture_output=True, text=True, timeout=LIMIT)
        return done.stdout

    def press(self, key):
        self.do("mousemove", "40", "40", "key", key)

    def window(self):
        """Its width and height; None: there is none."""
        found = re.search(r"Geometry: (\d+)x(\d+)", self.do("search", "--onlyvisible", "--name", "Bigfoot", "getwindowgeometry"))
        return found and (int(found[1]), int(found[2]))

    def look(self):
        return Picture.of_pnm(gst(*f"ximagesrc display-name={self.name} use-damage=false show-pointer=false num-buffers=1 ! videoconvert ! "
                                  "video/x-raw,format=RGB ! pnmenc".split()))
