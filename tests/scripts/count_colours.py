"""Prints how many different colours a PNG has.  usage: count_colours.py FILE.png"""

import sys

from PIL import Image

print(len(Image.open(sys.argv[1]).convert("RGB").getcolors(1 << 24)))
