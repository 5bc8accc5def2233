"""Does a figure grow with time? A straight line through it, and between which slopes the true one lies."""

import math
import statistics

# Student's t, two-sided 95 %, by degrees of freedom (1 …); beyond 30 that of the normal distribution is near enough.
T95 = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069,
       2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042)


def in_blocks(times, values, blocks, of=statistics.median):
    """(middle, `of` its values) of each of so many equal stretches of time. Neighbouring pictures are alike: as single
    values they would make the interval of the slope too narrow."""
    begin, span = times[0], (times[-1] - times[0]) / blocks
    kept = [[] for _ in range(blocks)]
    for at, value in zip(times, values):
        kept[min(blocks - 1, int((at - begin) / span))].append(value)
    return [(begin + (index + 0.5) * span, of(block)) for index, block in enumerate(kept) if block]


def slope(points):
    """(slope, how far the true one may be from it in 95 of 100 runs) of least squares; at least three points."""
    times, values = [at for at, _ in points], [value for _, value in points]
    middle, mean = statistics.fmean(times), statistics.fmean(values)
    spread = sum((at - middle) ** 2 for at in times)
    steep = sum((at - middle) * (value - mean) for at, value in points) / spread
    left = sum((value - mean - steep * (at - middle)) ** 2 for at, value in points)
    free = len(points) - 2
    return steep, math.sqrt(left / free / spread) * (T95[free - 1] if free <= len(T95) else 1.96)
