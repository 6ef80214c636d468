"""Writes a blueprint. usage: make_blueprint.py PATH"""

import sys

import rerun.blueprint as rrb

rrb.Blueprint(rrb.Spatial3DView()).save("sample", sys.argv[1])
