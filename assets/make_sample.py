#!/usr/bin/env python3
"""Writes sample.dxf beside itself: the ground floor of a café with its garden, in millimetres.

The drawing is our own. It holds one of most things that a plan holds: layers with colours, weights and linetypes,
blocks in blocks, arrays, attributes, dimensions, hatches with islands, bulges, widths, splines, and a sheet with a
viewport. Needs ezdxf (pip install ezdxf). The output depends on nothing but this file and the version of ezdxf.

    python3 assets/make_sample.py [OUT.dxf]
"""

import math
import sys
from pathlib import Path

import ezdxf
from ezdxf import bbox, units
from ezdxf.enums import TextEntityAlignment as Align

QUARTER = math.tan(math.pi / 8)  # the bulge of a quarter circle, counter-clockwise

# name: (colour, linetype, lineweight in 1/100 mm, what it is for). The colours read on a dark and on a light ground.
LAYERS = {
    "GRID": (8, "AXIS", 13, "structural axes"),
    "WALLS": (7, "Continuous", 50, "cut walls"),
    "WALL_FILL": (8, "Continuous", 0, "poché of cut walls"),
    "DOORS": (42, "Continuous", 25, "doors and their swing"),
    "WINDOWS": (143, "Continuous", 25, "windows"),
    "STAIRS": (7, "Continuous", 18, "stairs"),
    "FURNITURE": (33, "Continuous", 18, "tables, chairs, shelves"),
    "KITCHEN": (122, "Continuous", 18, "kitchen and bar"),
    "SANITARY": (150, "Continuous", 18, "basins and toilets"),
    "OVERHEAD": (8, "HIDDEN", 13, "above the cut plane"),
    "PAVING": (251, "Continuous", 9, "paving joints"),
    "GARDEN": (92, "Continuous", 18, "plants and trees"),
    "GARDEN_FILL": (94, "Continuous", 0, "planted ground"),
    "STREET": (8, "Continuous", 18, "kerb, road, vehicles"),
    "BOUNDARY": (1, "BOUNDARY", 35, "edge of the plot"),
    "DIMENSIONS": (213, "Continuous", 13, "dimensions"),
    "ROOMS": (7, "Continuous", 18, "room names and areas"),
    "TEXT": (7, "Continuous", 18, "notes"),
    "SECTION": (1, "Continuous", 35, "section marks"),
    "SHEET": (7, "Continuous", 35, "frame and title block"),
    "VIEWPORT": (8, "Continuous", 9, "edges of viewports, not plotted"),
}


def setup():
    ezdxf.options.write_fixed_meta_data_for_testing = True
    doc = ezdxf.new("R2018", setup=False)
    doc.units = units.MM
    header = doc.header
    header["$MEASUREMENT"] = 1
    header["$LTSCALE"] = 1.0
    header["$PSLTSCALE"] = 0
    header["$LUNITS"] = 2
    header["$LUPREC"] = 0
    header["$PDMODE"] = 34
    header["$PDSIZE"] = 120.0
    for name, description, pattern in [
        ("HIDDEN", "Hidden __ __ __ __", [240.0, 160.0, -80.0]),
        ("AXIS", "Axis ____ _ ____ _", [1000.0, 700.0, -120.0, 60.0, -120.0]),
        ("BOUNDARY", "Boundary ____ . . ____", [1100.0, 700.0, -120.0, 0.0, -160.0, 0.0, -120.0]),
    ]:
        doc.linetypes.add(name, pattern=pattern, description=description)
    for name, (colour, linetype, weight, description) in LAYERS.items():
        layer = doc.layers.add(name, color=colour, linetype=linetype, lineweight=weight)
        layer.description = description
    doc.layers.get("VIEWPORT").dxf.plot = 0
    doc.styles.add("PLAN", font="arial.ttf")
    doc.styles.add("PLAN_BOLD", font="arialbd.ttf")
    style = doc.dimstyles.add("PLAN50")
    for key, value in {
        "dimtxsty": "PLAN", "dimtxt": 130.0, "dimexe": 90.0, "dimexo": 120.0, "dimgap": 45.0, "dimasz": 110.0,
        "dimtad": 1, "dimtih": 0, "dimtoh": 0, "dimdec": 0, "dimlfac": 1.0, "dimtsz": 0.0, "dimdle": 90.0,
        "dimzin": 8, "dimlunit": 2, "dimtix": 1, "dimclrt": 7, "dimclrd": 256, "dimclre": 256, "dimtmove": 0,
    }.items():
        style.set_dxf_attrib(key, value)
    style.set_arrows(blk="ARCHTICK")
    return doc


# ---- small shapes ------------------------------------------------------------------------------------------


def rect(space, x0, y0, x1, y1, layer="0", **attribs):
    return space.add_lwpolyline([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], close=True, dxfattribs={"layer": layer, **attribs})


def rounded(space, x0, y0, x1, y1, r, layer="0", **attribs):
    points = [
        (x0 + r, y0, 0), (x1 - r, y0, QUARTER), (x1, y0 + r, 0), (x1, y1 - r, QUARTER),
        (x1 - r, y1, 0), (x0 + r, y1, QUARTER), (x0, y1 - r, 0), (x0, y0 + r, QUARTER),
    ]
    return space.add_lwpolyline(points, format="xyb", close=True, dxfattribs={"layer": layer, **attribs})


def line(space, x0, y0, x1, y1, layer="0", **attribs):
    return space.add_line((x0, y0), (x1, y1), dxfattribs={"layer": layer, **attribs})


def text(space, words, x, y, height, layer="TEXT", align=Align.LEFT, rotation=0, style="PLAN", **attribs):
    entity = space.add_text(words, height=height, rotation=rotation, dxfattribs={"layer": layer, "style": style, **attribs})
    return entity.set_placement((x, y), align=align)


def note(space, words, x, y, height, width, layer="TEXT", **attribs):
    attribs = {"layer": layer, "style": "PLAN", "char_height": height, "width": width, "attachment_point": 1, **attribs}
    return space.add_mtext(words, dxfattribs=attribs).set_location((x, y))


def put(space, block, x, y, layer, rotation=0, xs=1.0, ys=1.0, **attribs):
    return space.add_blockref(block, (x, y), dxfattribs={
        "layer": layer, "rotation": rotation, "xscale": xs, "yscale": ys, **attribs})


def tag(insert, name, value, x, y, height, align=Align.MIDDLE_CENTER, rotation=0, style="PLAN", layer=None):
    attrib = insert.add_attrib(name, value, dxfattribs={
        "height": height, "style": style, "rotation": rotation, "layer": layer or insert.dxf.layer})
    attrib.set_placement((x, y), align=align)


# ---- blocks ------------------------------------------------------------------------------------------------


def blocks(doc):
    new = doc.blocks.new

    door = new("DOOR")  # hinge at the origin, opening along +x, leaf open along +y, 900 wide
    rect(door, 0, 0, 45, 900)
    door.add_arc((0, 0), 900, 0, 90)
    door.add_attdef("NO", (320, 320), "D00", height=110, dxfattribs={"style": "PLAN", "prompt": "Door number"})

    pair = new("DOOR_DOUBLE")
    put(pair, "DOOR", 0, 0, "0")
    put(pair, "DOOR", 1800, 0, "0", xs=-1.0)

    window = new("WINDOW")  # 1000 wide along +x, wall 360 deep, outside at y = 0
    rect(window, 0, 120, 1000, 200)
    line(window, 0, 160, 1000, 160)
    line(window, 0, 0, 1000, 0)
    line(window, 0, 360, 1000, 360)

    chair = new("CHAIR")  # faces +y, seat centred
    rounded(chair, -200, -200, 200, 200, 60)
    chair.add_lwpolyline(
        [(-210, -150, 0), (-210, -190, QUARTER), (-150, -250, 0), (150, -250, QUARTER), (210, -190, 0), (210, -150, 0)],
        format="xyb")

    table = new("TABLE_4")
    rounded(table, -425, -425, 425, 425, 40)
    for angle in (0, 90, 180, 270):
        a = math.radians(angle)
        put(table, "CHAIR", 520 * math.sin(a), -520 * math.cos(a), "0", rotation=angle)

    small = new("TABLE_WALL")  # for one bench and one chair
    rounded(small, -325, -325, 325, 325, 40)
    put(small, "CHAIR", 0, 420, "0", rotation=180)

    round_ = new("TABLE_ROUND")
    round_.add_circle((0, 0), 400)
    round_.add_circle((0, 0), 370)
    for angle in (45, 165, 285):
        a = math.radians(angle)
        put(round_, "CHAIR", 520 * math.sin(a), -520 * math.cos(a), "0", rotation=angle)

    parasol = new("PARASOL_TABLE")  # a table in the garden: nested twice, and the cloth takes the colour of the insert
    put(parasol, "TABLE_ROUND", 0, 0, "FURNITURE")
    rim = [(1150 * math.cos(math.radians(22.5 + 45 * i)), 1150 * math.sin(math.radians(22.5 + 45 * i))) for i in range(8)]
    parasol.add_lwpolyline(
        [(x, y, -0.06) for x, y in rim], format="xyb", close=True, dxfattribs={"color": 0, "linetype": "HIDDEN"})
    parasol.add_circle((0, 0), 35, dxfattribs={"color": 0})

    stool = new("STOOL")
    stool.add_circle((0, 0), 180)
    stool.add_circle((0, 0), 130)

    shelf = new("SHELF")
    rect(shelf, 0, 0, 450, 900)
    line(shelf, 0, 0, 450, 900)

    slab = new("SLAB")
    line(slab, 0, 0, 600, 0)
    line(slab, 0, 0, 0, 600)

    toilet = new("TOILET")  # back at the wall y = 0, facing +y
    rounded(toilet, -190, 0, 190, 170, 40)
    toilet.add_ellipse((0, 400), major_axis=(0, 260), ratio=0.69)
    toilet.add_ellipse((0, 410), major_axis=(0, 190), ratio=0.63)

    basin = new("BASIN")
    rounded(basin, -260, 0, 260, 420, 90)
    basin.add_ellipse((0, 225), major_axis=(190, 0), ratio=0.7)
    basin.add_circle((0, 250), 22)
    line(basin, 0, 40, 0, 130)

    hob = new("HOB")
    rect(hob, 0, 0, 900, 600)
    for x, y, r in [(220, 170, 95), (220, 430, 120), (680, 170, 120), (680, 430, 95)]:
        hob.add_circle((x, y), r)
        hob.add_circle((x, y), r * 0.55)

    sink = new("SINK")
    rounded(sink, 60, 90, 480, 510, 50)
    rounded(sink, 540, 90, 960, 510, 50)
    sink.add_circle((270, 300), 30)
    sink.add_circle((750, 300), 30)

    plant = new("PLANT")
    for i in range(7):
        a = 2 * math.pi * i / 7
        tip = (270 * math.cos(a), 270 * math.sin(a))
        for side in (-0.5, 0.5):
            middle = (170 * math.cos(a + side), 170 * math.sin(a + side))
            plant.add_cad_spline_control_frame([(0, 0), middle, tip])
    plant.add_circle((0, 0), 120)

    tree = new("TREE")  # crown of radius 1000
    crown = []
    for i in range(14):
        a = 2 * math.pi * i / 14
        r = 1000 if i % 2 == 0 else 940
        crown.append((r * math.cos(a), r * math.sin(a), 0.55))
    tree.add_lwpolyline(crown, format="xyb", close=True)
    for i in range(9):
        a = 2 * math.pi * i / 9 + 0.2
        bend = a + (0.22 if i % 2 else -0.22)
        tree.add_cad_spline_control_frame([
            (90 * math.cos(a), 90 * math.sin(a)), (430 * math.cos(bend), 430 * math.sin(bend)),
            (820 * math.cos(a), 820 * math.sin(a))])
    tree.add_circle((0, 0), 90)

    car = new("CAR")  # 4300 x 1760, nose at +x
    body = [
        (250, 0, 0), (3700, 0, 0.25), (4300, 450, 0.12), (4300, 1310, 0.25), (3700, 1760, 0), (250, 1760, 0.3),
        (0, 1460, 0), (0, 300, 0.3)]
    car.add_lwpolyline(body, format="xyb", close=True)
    car.add_lwpolyline([(2700, 200, 0), (3150, 330, 0.12), (3150, 1430, 0), (2700, 1560, -0.1)], format="xyb", close=True)
    car.add_lwpolyline([(900, 220, 0), (560, 330, -0.1), (560, 1430, 0), (900, 1540, 0.06)], format="xyb", close=True)
    line(car, 950, 170, 2650, 150)
    line(car, 950, 1590, 2650, 1610)
    car.add_lwpolyline([(4180, 260, 0.3), (4180, 480, 0)], format="xyb")
    car.add_lwpolyline([(4180, 1280, 0.3), (4180, 1500, 0)], format="xyb")

    bike = new("BIKE_STAND")
    bike.add_lwpolyline([(0, -30, 0), (0, 830, 0)], format="xyb", dxfattribs={"const_width": 50})

    axis = new("AXIS_MARK")
    axis.add_circle((0, 0), 300, dxfattribs={"linetype": "Continuous"})
    axis.add_attdef("AXIS", (0, 0), "A", height=260, dxfattribs={"style": "PLAN_BOLD", "prompt": "Axis"})

    level = new("LEVEL")
    level.add_solid([(0, 0), (-110, 160), (0, 160), (0, 160)])
    level.add_lwpolyline([(0, 0), (110, 160), (-110, 160)], close=True)
    line(level, -110, 0, 620, 0)
    level.add_attdef("HEIGHT", (150, 60), "+0.00", height=120, dxfattribs={"style": "PLAN", "prompt": "Height"})

    room = new("ROOM")
    rounded(room, -230, 330, 230, 610, 60)
    for name, y, height in (("NO", 470, 150), ("NAME", 120, 200), ("AREA", -160, 140)):
        room.add_attdef(name, (0, y), name, height=height, dxfattribs={"style": "PLAN", "prompt": name.capitalize()})

    north = new("NORTH")
    north.add_circle((0, 0), 600)
    north.add_solid([(0, 600), (-230, -430), (0, -250), (0, -250)])
    north.add_lwpolyline([(0, 600), (230, -430), (0, -250), (-230, -430)], close=True)
    text(north, "N", 0, 680, 260, layer="0", align=Align.BOTTOM_CENTER, style="PLAN_BOLD")

    title = new("TITLE_BLOCK")  # millimetres on paper, lower right corner at the origin
    rect(title, -190, 0, 0, 84)
    for y in (14, 28, 46, 64):
        line(title, -190, y, 0, y)
    for x in (-142, -95, -48):
        line(title, x, 0, x, 28)
    for label, x, y in [
        ("PROJECT", -187, 80), ("DRAWING", -187, 60), ("CLIENT", -187, 42), ("SCALE", -187, 25), ("DATE", -139, 25),
        ("DRAWN", -92, 25), ("SHEET", -45, 25), ("FORMAT", -187, 11), ("UNITS", -139, 11), ("STATUS", -92, 11),
        ("REVISION", -45, 11),
    ]:
        text(title, label, x, y, 1.8, layer="0", align=Align.TOP_LEFT)
    for name, x, y, height in TITLE_FIELDS:
        title.add_attdef(name, (x, y), "", height=height, dxfattribs={"style": "PLAN", "prompt": name.capitalize()})


TITLE_FIELDS = [
    ("PROJECT", -187, 68, 6.0), ("DRAWING", -187, 49.5, 5.0), ("CLIENT", -187, 31.5, 4.0), ("SCALE", -187, 16, 4.0),
    ("DATE", -139, 16, 4.0), ("DRAWN", -92, 16, 4.0), ("SHEET", -45, 16, 4.0), ("FORMAT", -187, 2, 4.0),
    ("UNITS", -139, 2, 4.0), ("STATUS", -92, 2, 4.0), ("REVISION", -45, 2, 4.0),
]

# ---- walls -------------------------------------------------------------------------------------------------

WIDTH, DEPTH, OUTER = 15600, 10800, 360

WALLS = [
    (0, 0, WIDTH, OUTER), (0, DEPTH - OUTER, WIDTH, DEPTH), (0, 0, OUTER, DEPTH), (WIDTH - OUTER, 0, WIDTH, DEPTH),
    (10080, OUTER, 10320, DEPTH - OUTER),  # bearing wall
    (OUTER, 6480, 10080, 6720),            # bearing wall
    (2960, 6720, 3080, 10440), (6480, 6720, 6600, 10440),
    (10320, 4800, 15240, 4920), (11880, 360, 12000, 4800), (12000, 1500, 15240, 1620), (12000, 2760, 15240, 2880),
]

# (number, hinge, along the opening, swing, width)
DOORS = [
    ("D04", (500, 6720), (1, 0), (0, 1), 900), ("D05", (3500, 6720), (1, 0), (0, 1), 900),
    ("D06", (10080, 9100), (0, -1), (-1, 0), 900), ("D07", (10320, 6100), (0, -1), (1, 0), 900),
    ("D08", (10320, 1500), (0, 1), (1, 0), 900), ("D09", (12000, 1330), (0, -1), (1, 0), 800),
    ("D10", (12000, 2590), (0, -1), (1, 0), 800), ("D11", (11880, 4200), (0, -1), (-1, 0), 900),
    ("D03", (15600, 9200), (0, 1), (1, 0), 900),
]
DOUBLE_DOORS = [("D01", (4200, 360), (1, 0), (0, 1)), ("D02", (0, 2400), (0, 1), (-1, 0))]
# (outer corner, along, inwards, width)
WINDOWS = [
    ((900, 0), (1, 0), (0, 1), 2400), ((6900, 0), (1, 0), (0, 1), 2400), ((10680, 0), (1, 0), (0, 1), 800),
    ((15600, 630), (0, 1), (-1, 0), 600), ((15600, 1890), (0, 1), (-1, 0), 600), ((15600, 3500), (0, 1), (-1, 0), 800),
    ((15600, 5800), (0, 1), (-1, 0), 2400), ((0, 800), (0, 1), (1, 0), 1100), ((0, 4700), (0, 1), (1, 0), 1200),
    ((0, 8800), (0, 1), (1, 0), 1000), ((3980, 10800), (1, 0), (0, -1), 1600), ((7200, 10800), (1, 0), (0, -1), 1200),
    ((11400, 10800), (1, 0), (0, -1), 2400),
]


def span(corner, along, across, width, thickness):
    """The rectangle from `corner`, `width` along and `thickness` across."""
    xs = sorted((corner[0], corner[0] + along[0] * width + across[0] * thickness))
    ys = sorted((corner[1], corner[1] + along[1] * width + across[1] * thickness))
    return xs[0], ys[0], xs[1], ys[1]


def openings():
    def thickness(hinge):
        if hinge[0] in (0, WIDTH) or hinge[1] == OUTER:
            return OUTER
        return 120 if hinge[0] in (11880, 12000) else 240

    found = [span(corner, along, inwards, width, OUTER) for corner, along, inwards, width in WINDOWS]
    for _, hinge, along, swing, width in DOORS:
        found.append(span(hinge, along, (-swing[0], -swing[1]), width, thickness(hinge)))
    for _, hinge, along, swing in DOUBLE_DOORS:
        found.append(span(hinge, along, (-swing[0], -swing[1]), 1800, thickness(hinge)))
    return found


def wall_outlines():
    """Closed outlines of the walls less their openings: outer loops counter-clockwise, holes clockwise."""
    cuts = openings()
    xs = sorted({x for r in WALLS + cuts for x in (r[0], r[2])})
    ys = sorted({y for r in WALLS + cuts for y in (r[1], r[3])})

    def solid(i, j):
        if not (0 <= i < len(xs) - 1 and 0 <= j < len(ys) - 1):
            return False
        x, y = (xs[i] + xs[i + 1]) / 2, (ys[j] + ys[j + 1]) / 2
        inside = lambda r: r[0] < x < r[2] and r[1] < y < r[3]
        return any(map(inside, WALLS)) and not any(map(inside, cuts))

    follows = {}
    for i in range(len(xs) - 1):
        for j in range(len(ys) - 1):
            if solid(i, j):
                for there, start, end in [
                    ((i, j - 1), (i, j), (i + 1, j)), ((i + 1, j), (i + 1, j), (i + 1, j + 1)),
                    ((i, j + 1), (i + 1, j + 1), (i, j + 1)), ((i - 1, j), (i, j + 1), (i, j)),
                ]:
                    if not solid(*there):
                        follows[start] = end
    loops = []
    while follows:
        start = min(follows)
        loop, at = [], start
        while at in follows:
            loop.append((xs[at[0]], ys[at[1]]))
            at = follows.pop(at)
        turns = lambda a, b, c: (b[0] - a[0]) * (c[1] - b[1]) != (b[1] - a[1]) * (c[0] - b[0])
        n = len(loop)
        loops.append([loop[k] for k in range(n) if turns(loop[k - 1], loop[k], loop[(k + 1) % n])])
    return loops


def shell(model):
    loops = wall_outlines()
    fill = model.add_hatch(color=256, dxfattribs={"layer": "WALL_FILL"})
    for loop in loops:
        fill.paths.add_polyline_path(loop, is_closed=True, flags=1)
    for loop in loops:
        model.add_lwpolyline(loop, close=True, dxfattribs={"layer": "WALLS"})
    for corner, along, inwards, width in WINDOWS:
        mirrored = along[0] * inwards[1] - along[1] * inwards[0] < 0
        put(model, "WINDOW", *corner, "WINDOWS", rotation=math.degrees(math.atan2(along[1], along[0])),
            xs=width / 1000, ys=-1.0 if mirrored else 1.0)
    for number, hinge, along, swing, width in DOORS:
        place_door(model, "DOOR", number, hinge, along, swing, width / 900, 0.40 * width, 0.36 * width)
    for number, hinge, along, swing in DOUBLE_DOORS:
        place_door(model, "DOOR_DOUBLE", number, hinge, along, swing, 1.0, 900, 690)


def place_door(model, block, number, hinge, along, swing, scale, number_along, number_across):
    mirrored = along[0] * swing[1] - along[1] * swing[0] < 0
    door = put(model, block, *hinge, "DOORS", rotation=math.degrees(math.atan2(along[1], along[0])),
               xs=scale, ys=-scale if mirrored else scale)
    x = hinge[0] + along[0] * number_along + swing[0] * number_across
    y = hinge[1] + along[1] * number_along + swing[1] * number_across
    tag(door, "NO", number, x, y, 110)


# ---- inside ------------------------------------------------------------------------------------------------


def rooms(model):
    for number, name, area, x, y, scale in [
        ("0.1", "Guest room", "59.49 m²", 5350, 2900, 1.0), ("0.2", "Bar", "7.1 m²", 8900, 4380, 0.8),
        ("0.3", "Kitchen", "27.16 m²", 12300, 8420, 1.0), ("0.4", "Store", "12.95 m²", 8250, 8550, 1.0),
        ("0.5", "Office", "12.65 m²", 5000, 8050, 1.0), ("0.6", "Stairs", "9.67 m²", 2180, 7080, 0.7),
        ("0.7", "Lobby", "6.93 m²", 11060, 2780, 0.7), ("0.8", "WC women", "3.69 m²", 14020, 960, 0.62),
        ("0.9", "WC men", "3.69 m²", 14020, 2220, 0.62), ("0.10", "Accessible WC", "6.22 m²", 12925, 3640, 0.62),
        ("0.11", "Terrace", "43.20 m²", -3300, 3250, 1.0),
    ]:
        room = put(model, "ROOM", x, y, "ROOMS", xs=scale, ys=scale)
        tag(room, "NO", number, x, y + 470 * scale, 150 * scale)
        tag(room, "NAME", name, x, y + 120 * scale, 200 * scale, style="PLAN_BOLD")
        tag(room, "AREA", area, x, y - 160 * scale, 140 * scale)
    for height, x, y in [("±0.00", 5000, 2180), ("-0.02", -1850, 4020), ("-0.15", 8300, -640), ("±0.00", 13000, 5250)]:
        level = put(model, "LEVEL", x, y, "TEXT")
        tag(level, "HEIGHT", height, x + 150, y + 50, 120, align=Align.LEFT)


def guest_room(model):
    for x, y in [(1300, 1450), (3100, 1450), (1300, 5150), (3100, 5150), (4900, 5150)]:
        put(model, "TABLE_4", x, y, "FURNITURE")
    put(model, "TABLE_ROUND", 2900, 3300, "FURNITURE")
    rounded(model, 6750, 380, 9450, 880, 80, "FURNITURE")
    line(model, 6750, 520, 9450, 520, "FURNITURE")
    # One insert, three columns: the tables along the bench.
    put(model, "TABLE_WALL", 7200, 1260, "FURNITURE", column_count=3, row_count=1, column_spacing=900, row_spacing=0)
    for x, y in [(680, 6160), (9760, 680), (6380, 680), (680, 680)]:
        put(model, "PLANT", x, y, "GARDEN")
    model.add_ellipse((5350, 1560), major_axis=(720, 0), ratio=0.28, dxfattribs={"layer": "FURNITURE", "linetype": "HIDDEN"})
    # The counter, its foot rail, stools, and what stands on it.
    model.add_lwpolyline(
        [(7700, 6480, 0), (7700, 3500, QUARTER), (8300, 2900, 0), (8900, 2900, 0), (8900, 3500, 0), (8300, 3500, 0),
         (8300, 6480, 0)], format="xyb", dxfattribs={"layer": "KITCHEN", "lineweight": 35})
    model.add_lwpolyline([(7640, 6480, 0), (7640, 3500, QUARTER), (8300, 2840, 0), (8900, 2840, 0)], format="xyb",
                         dxfattribs={"layer": "KITCHEN", "const_width": 30})
    put(model, "STOOL", 7380, 3800, "FURNITURE", column_count=1, row_count=5, column_spacing=0, row_spacing=560)
    rounded(model, 7780, 5560, 8220, 6300, 40, "KITCHEN")
    for y in (5720, 5930, 6140):
        model.add_circle((8080, y), 55, dxfattribs={"layer": "KITCHEN"})
    rect(model, 7760, 4150, 8240, 5250, "KITCHEN")
    line(model, 7760, 4700, 8240, 4700, "KITCHEN")
    model.add_arc((7760, 4150), 480, 0, 90, dxfattribs={"layer": "KITCHEN", "linetype": "HIDDEN"})
    rect(model, 9480, 2750, 10080, 5000, "KITCHEN")
    put(model, "SINK", 10080, 2850, "KITCHEN", rotation=90)
    rect(model, 9480, 4100, 10080, 5000, "KITCHEN")
    line(model, 9480, 4550, 10080, 4550, "KITCHEN")


def back_rooms(model):
    put(model, "SHELF", 6600, 6760, "FURNITURE", column_count=1, row_count=4, column_spacing=0, row_spacing=920)
    put(model, "SHELF", 8150, 6720, "FURNITURE", rotation=90, column_count=1, row_count=1)
    put(model, "SHELF", 9070, 6720, "FURNITURE", rotation=90)
    put(model, "SHELF", 9990, 6720, "FURNITURE", rotation=90)
    rounded(model, 3500, 9640, 5300, 10400, 30, "FURNITURE")
    put(model, "CHAIR", 4400, 9480, "FURNITURE")
    rect(model, 4050, 10050, 4750, 10110, "FURNITURE")
    rounded(model, 4180, 9720, 4620, 9870, 20, "FURNITURE")
    put(model, "SHELF", 6030, 7000, "FURNITURE", column_count=1, row_count=3, column_spacing=0, row_spacing=900)
    put(model, "PLANT", 6120, 10080, "GARDEN")
    # Stairs: sixteen risers of 181, treads of 270; cut above the tenth.
    tread = 270
    for i in range(8):
        y = 7660 + tread * i
        line(model, 1720, y, 2960, y, "STAIRS")
        line(model, 360, y, 1600, y, "STAIRS" if i > 3 else "OVERHEAD")
    line(model, 1600, 8740, 1600, 9550, "STAIRS")
    line(model, 1600, 7660, 1600, 8740, "OVERHEAD")
    line(model, 1720, 7660, 1720, 9550, "STAIRS")
    rect(model, 1600, 9550, 1720, 9610, "STAIRS")
    model.add_lwpolyline([(400, 8500), (900, 8600), (930, 8480), (1010, 8740), (1040, 8620), (1560, 8725)],
                         dxfattribs={"layer": "STAIRS", "lineweight": 25})
    model.add_circle((2340, 7660), 50, dxfattribs={"layer": "STAIRS"})
    walk = [(2340, 7710), (2340, 9700), (2040, 10000), (1280, 10000), (980, 9700), (980, 9060), (980, 8860)]
    way = model.add_polyline2d(walk, dxfattribs={"layer": "STAIRS"})
    for vertex in way.vertices:
        vertex.dxf.start_width = vertex.dxf.end_width = 20
    for vertex in way.vertices[1:4:2]:
        vertex.dxf.bulge = QUARTER
    way.vertices[5].dxf.start_width, way.vertices[5].dxf.end_width = 140, 0
    text(model, "up", 2420, 7720, 130, layer="STAIRS")
    text(model, "16 × 181 / 270", 1660, 10230, 110, layer="TEXT", align=Align.MIDDLE_CENTER)


def kitchen(model):
    model.add_lwpolyline([(10320, 9840), (14300, 9840), (14300, 10440)], dxfattribs={"layer": "KITCHEN", "lineweight": 25})
    model.add_lwpolyline([(15240, 8700), (14640, 8700), (14640, 4920)], dxfattribs={"layer": "KITCHEN", "lineweight": 25})
    put(model, "SINK", 11800, 9840, "KITCHEN")
    line(model, 11700, 9840, 11700, 10440, "KITCHEN")
    line(model, 12860, 9840, 12860, 10440, "KITCHEN")
    for x0 in (10320, 11000):
        rect(model, x0, 9840, x0 + 680, 10440, "KITCHEN")
        line(model, x0, 9840, x0 + 680, 10440, "KITCHEN")
    put(model, "HOB", 15240, 6300, "KITCHEN", rotation=90)
    put(model, "HOB", 15240, 7250, "KITCHEN", rotation=90)
    rect(model, 14540, 6200, 15240, 8250, "OVERHEAD")
    rect(model, 14640, 4920, 15240, 5560, "KITCHEN")
    rounded(model, 14720, 5000, 15160, 5480, 40, "KITCHEN")
    rounded(model, 11700, 6900, 13700, 7700, 40, "KITCHEN", lineweight=25)
    rounded(model, 11800, 7000, 12500, 7600, 30, "KITCHEN")
    model.add_circle((13200, 7300), 180, dxfattribs={"layer": "KITCHEN"})
    model.add_circle((13200, 7300), 140, dxfattribs={"layer": "KITCHEN"})
    text(model, "hood", 14590, 8300, 110, layer="TEXT")


def sanitary(model):
    for y in (930, 2190, 3900):
        put(model, "TOILET", 15240, y, "SANITARY", rotation=90)
    for x, y, rotation in [(13200, 1500, 180), (13200, 2760, 180), (13900, 4800, 180), (11200, 360, 0)]:
        put(model, "BASIN", x, y, "SANITARY", rotation=rotation)
    for y in (3560, 4240):
        model.add_lwpolyline([(15240, y), (14490, y)], dxfattribs={"layer": "SANITARY", "const_width": 35})
    model.add_circle((12925, 3640), 750, dxfattribs={"layer": "OVERHEAD"})


# ---- outside -----------------------------------------------------------------------------------------------


def garden(model):
    put(model, "SLAB", -6000, 0, "PAVING", column_count=10, row_count=12, column_spacing=600, row_spacing=600)
    model.add_lwpolyline([(0, 7200), (-6000, 7200), (-6000, 0), (0, 0)], dxfattribs={"layer": "PAVING", "const_width": 60})
    for x, y, colour in [(-1900, 1200, 1), (-4500, 1200, 32), (-1900, 5700, 32), (-4500, 5700, 1)]:
        put(model, "PARASOL_TABLE", x, y, "FURNITURE", rotation=15, color=colour)
    # A planted bed: edges of lines and arcs, with the tree's ring left out of the fill.
    bed = model.add_hatch(color=256, dxfattribs={"layer": "GARDEN_FILL", "transparency": 0x020000B4})
    path = bed.paths.add_edge_path(flags=1)
    path.add_line((-7300, 400), (-6700, 400))
    path.add_arc((-6700, 700), 300, 270, 360)
    path.add_line((-6400, 700), (-6400, 6500))
    path.add_arc((-6700, 6500), 300, 0, 90)
    path.add_line((-6700, 6800), (-7300, 6800))
    path.add_arc((-7300, 6500), 300, 90, 180)
    path.add_line((-7600, 6500), (-7600, 700))
    path.add_arc((-7300, 700), 300, 180, 270)
    for y in (1900, 5300):
        bed.paths.add_polyline_path([(-7350, y, 1), (-6650, y, 1)], is_closed=True, flags=16)
        model.add_circle((-7000, y), 350, dxfattribs={"layer": "GARDEN"})
    rounded(model, -7600, 400, -6400, 6800, 300, "GARDEN")
    for x, y, size in [(-7000, 1900, 1.15), (-7000, 5300, 1.0), (-6300, 9600, 1.5), (-1700, 9500, 1.1)]:
        put(model, "TREE", x, y, "GARDEN", xs=size, ys=size, rotation=x % 50)
    for x, y in [(-7000, 3100), (-6850, 3600), (-7150, 4050), (-7050, 800), (-6950, 6480)]:
        put(model, "PLANT", x, y, "GARDEN", rotation=y % 70)
    # The path winds from the terrace to the gate in the north.
    model.add_cad_spline_control_frame([(-3500, 7200), (-3550, 7800), (-3900, 8500), (-4300, 9200), (-4100, 10300), (-4300, 11400)],
                     dxfattribs={"layer": "PAVING", "lineweight": 25})
    model.add_cad_spline_control_frame([(-2400, 7200), (-2450, 7800), (-3000, 8500), (-3500, 9200), (-3250, 10300), (-3300, 11400)],
                     dxfattribs={"layer": "PAVING", "lineweight": 25})
    # A hedge along the north.
    hedge = [(-900, 10850), (-800, 11060), (-1000, 11230), (-1500, 11190), (-2000, 11250), (-2500, 11190), (-2850, 11220),
             (-3000, 11040), (-2850, 10850), (-2400, 10900), (-1900, 10830), (-1400, 10900), (-900, 10850)]
    model.add_cad_spline_control_frame(hedge, dxfattribs={"layer": "GARDEN"})
    text(model, "lawn", -5300, 8000, 150, layer="TEXT", align=Align.MIDDLE_CENTER)


def street(model):
    rounded(model, 3900, -520, 6300, 0, 120, "PAVING", lineweight=25)
    line(model, 3900, -260, 6300, -260, "PAVING")
    model.add_lwpolyline([(-8400, -900), (17600, -900), (17600, 11400), (-8400, 11400)], close=True,
                         dxfattribs={"layer": "BOUNDARY"})
    put(model, "TREE", -5200, -2050, "GARDEN", xs=0.9, ys=0.9, column_count=4, row_count=1, column_spacing=6400, row_spacing=0)
    for y in (-3250, -3400):
        line(model, -8400, y, 17600, y, "STREET")
    line(model, -8400, -6100, 17600, -6100, "STREET", linetype="AXIS")
    put(model, "CAR", 9300, -5450, "STREET")
    put(model, "CAR", 1600, -5500, "STREET", rotation=0, color=152)
    put(model, "BIKE_STAND", 8900, -2350, "STREET", column_count=6, row_count=1, column_spacing=650, row_spacing=0)
    text(model, "Linden Street", -7900, -4700, 420, layer="TEXT", style="PLAN_BOLD")
    text(model, "pavement", -2000, -2050, 150, layer="TEXT", align=Align.MIDDLE_CENTER)
    text(model, "bicycles", 10500, -1400, 130, layer="TEXT", align=Align.BOTTOM_CENTER)
    for x, y, name in [(-8400, -900, "P1"), (17600, -900, "P2"), (17600, 11400, "P3"), (-8400, 11400, "P4")]:
        model.add_point((x, y), dxfattribs={"layer": "BOUNDARY"})
        right = x > 0
        text(model, name, x + (130 if right else -130), y + (130 if y > 0 else -260), 130, layer="BOUNDARY",
             align=Align.LEFT if right else Align.RIGHT)


# ---- what explains -----------------------------------------------------------------------------------------


def axes(model):
    for name, x in (("1", 180), ("2", 10200), ("3", 15420)):
        line(model, x, -700, x, 13500, "GRID")
        mark = put(model, "AXIS_MARK", x, 13800, "GRID")
        tag(mark, "AXIS", name, x, 13800, 260, style="PLAN_BOLD")
    for name, y in (("A", 180), ("B", 6600), ("C", 10620)):
        line(model, -700 if name != "C" else -500, y, 19500, y, "GRID")
        mark = put(model, "AXIS_MARK", 19800, y, "GRID")
        tag(mark, "AXIS", name, 19800, y, 260, style="PLAN_BOLD")


def dimensions(model):
    attribs = {"layer": "DIMENSIONS"}

    def chain(points, base, vertical=False):
        for a, b in zip(points, points[1:]):
            p1, p2, at = ((WIDTH, a), (WIDTH, b), (base, 0)) if vertical else ((a, DEPTH), (b, DEPTH), (0, base))
            model.add_linear_dim(base=at, p1=p1, p2=p2, angle=90 if vertical else 0, dimstyle="PLAN50",
                                 dxfattribs=attribs).render()

    chain([0, 3980, 5580, 7200, 8400, 11400, 13800, 15600], 11900)
    chain([180, 10200, 15420], 12500)
    chain([0, 15600], 13100)
    chain([0, 630, 1230, 1890, 2490, 3500, 4300, 5800, 8200, 9200, 10100, 10800], 17990, vertical=True)
    chain([180, 6600, 10620], 18590, vertical=True)
    chain([0, 10800], 19190, vertical=True)
    model.add_linear_dim(base=(6750, 0), p1=(6750, 880), p2=(6750, 6480), angle=90, dimstyle="PLAN50",
                         override={"dimse1": 1, "dimse2": 1}, dxfattribs=attribs).render()
    model.add_linear_dim(base=(0, 6180), p1=(10320, 6180), p2=(14640, 6180), dimstyle="PLAN50",
                         override={"dimse1": 1, "dimse2": 1}, dxfattribs=attribs).render()
    model.add_aligned_dim(p1=(-6000, 7200), p2=(0, 7200), distance=420, dimstyle="PLAN50", dxfattribs=attribs).render()
    model.add_radius_dim(center=(8300, 3500), radius=600, angle=225, dimstyle="PLAN50",
                         override={"dimblk": "", "dimtoh": 1, "dimtmove": 1, "dimtix": 0, "dimtofl": 0},
                         location=(7520, 2620), dxfattribs=attribs).render()


def marks(model):
    # Section A-A: wide polylines, and arrows that look along it.
    for end, tip in ((-300, -660), (10950, 11240)):
        model.add_lwpolyline([(6500, end), (6500, tip)], dxfattribs={"layer": "SECTION", "const_width": 60})
        model.add_lwpolyline([(6470, tip, 60, 60), (6800, tip, 220, 0), (7100, tip, 0, 0)], format="xyse",
                             dxfattribs={"layer": "SECTION"})
        text(model, "A", 6400, tip, 260, layer="SECTION", align=Align.MIDDLE_RIGHT, style="PLAN_BOLD")
    put(model, "NORTH", -7400, 13000, "TEXT", rotation=-18)
    # A scale bar of solids, five metres.
    x0, y0 = -5900, 12450
    for i in range(5):
        x = x0 + 1000 * i
        if i % 2 == 0:
            model.add_solid([(x, y0), (x + 1000, y0), (x, y0 + 130), (x + 1000, y0 + 130)], dxfattribs={"layer": "TEXT"})
        text(model, str(i), x, y0 + 200, 150, align=Align.BOTTOM_CENTER)
    text(model, "5 m", x0 + 5000, y0 + 200, 150, align=Align.BOTTOM_CENTER)
    rect(model, x0, y0, x0 + 5000, y0 + 130, "TEXT")
    text(model, "Café Linde", -5900, 13640, 420, style="PLAN_BOLD")
    text(model, "Ground floor, 1:50", -5900, 13150, 230)
    note(model, "Dimensions in millimetres.\\PHeights in metres above\\Pthe finished floor.", 16700, 13900, 150, 3400)


def sheet(doc):
    layout = doc.layouts.get("Layout1")
    doc.layouts.rename("Layout1", "Sheet 1")
    layout = doc.layouts.get("Sheet 1")
    layout.page_setup(size=(841, 594), margins=(0, 0, 0, 0), units="mm", scale=(1, 1))
    rect(layout, 5, 5, 836, 589, "SHEET", lineweight=13)
    rect(layout, 20, 10, 831, 584, "SHEET", lineweight=70)
    line(layout, 631, 10, 631, 584, "SHEET")
    layout.add_viewport(center=(325.5, 297), size=(600, 480), view_center_point=(5850, 4300), view_height=24000, status=2,
                        dxfattribs={"layer": "VIEWPORT"})
    # The sheet itself is a viewport too, which would stand on a layer of its own that nobody defines.
    layout.main_viewport().dxf.layer = "VIEWPORT"
    block = put(layout, "TITLE_BLOCK", 826, 15, "SHEET")
    values = {
        "PROJECT": "Café Linde", "DRAWING": "Ground floor plan", "CLIENT": "M. and R. Linde", "SCALE": "1:50",
        "DATE": "2026-11-22", "DRAWN": "A. Berg", "SHEET": "1 / 1", "FORMAT": "A1", "UNITS": "mm", "STATUS": "For review",
        "REVISION": "B",
    }
    for name, x, y, height in TITLE_FIELDS:
        tag(block, name, values[name], 826 + x, 15 + y, height, align=Align.LEFT,
            style="PLAN_BOLD" if name in ("PROJECT", "DRAWING") else "PLAN")
    note(layout, "Notes\\P\\PAll dimensions in millimetres, heights in metres above the finished floor.\\P"
         "Check every measure on site before building.\\POuter walls: brick 365 with render. "
         "Inner walls: brick 240, boarded studs 120.\\PThe tree by the west boundary is protected.",
         640, 574, 3.5, 182)
    text(layout, "Doors", 640, 486, 4.5, style="PLAN_BOLD")
    schedule = [("No", "Width", "Leaf", "From", "To")]
    schedule += [
        ("D01", "1800", "glass, pair", "Street", "Guest room"), ("D02", "1800", "glass, pair", "Guest room", "Terrace"),
        ("D03", "900", "steel", "Kitchen", "Yard"), ("D04", "900", "timber", "Guest room", "Stairs"),
        ("D05", "900", "timber", "Guest room", "Office"), ("D06", "900", "timber", "Kitchen", "Store"),
        ("D07", "900", "swing", "Bar", "Kitchen"), ("D08", "900", "timber", "Guest room", "Lobby"),
        ("D09", "800", "timber", "Lobby", "WC women"), ("D10", "800", "timber", "Lobby", "WC men"),
        ("D11", "900", "timber", "Lobby", "Accessible WC"),
    ]
    for row, cells in enumerate(schedule):
        y = 474 - 8 * row
        for x, cell in zip((642, 660, 682, 718, 766), cells):
            text(layout, cell, x, y, 3.2, style="PLAN_BOLD" if row == 0 else "PLAN")
        line(layout, 640, y - 2.6, 824, y - 2.6, "SHEET", lineweight=35 if row == 0 else 9)
    text(layout, "Rooms", 640, 366, 4.5, style="PLAN_BOLD")
    areas = [("Guest room and bar", "59.49"), ("Kitchen", "27.16"), ("Store", "12.95"), ("Office", "12.65"),
             ("Stairs", "9.67"), ("Lobby", "6.93"), ("WC women, WC men", "7.38"), ("Accessible WC", "6.22")]
    for row, (name, area) in enumerate(areas + [("Inside, together", "142.45")]):
        y = 354 - 8 * row
        style = "PLAN_BOLD" if row == len(areas) else "PLAN"
        text(layout, name, 642, y, 3.2, style=style)
        text(layout, f"{area} m²", 822, y, 3.2, align=Align.RIGHT, style=style)
        line(layout, 640, y - 2.6, 824, y - 2.6, "SHEET", lineweight=9)
    text(layout, "Symbols", 640, 262, 4.5, style="PLAN_BOLD")
    put(layout, "DOOR", 646, 236, "DOORS", xs=1 / 60, ys=1 / 60)
    put(layout, "WINDOW", 646, 213, "WINDOWS", xs=1 / 60, ys=1 / 60)
    put(layout, "LEVEL", 652, 194, "TEXT", xs=1 / 40, ys=1 / 40)
    put(layout, "TREE", 654, 170, "GARDEN", xs=1 / 110, ys=1 / 110)
    put(layout, "TABLE_4", 654, 144, "FURNITURE", xs=1 / 80, ys=1 / 80)
    wall = layout.add_hatch(color=256, dxfattribs={"layer": "WALL_FILL"})
    wall.paths.add_polyline_path([(742, 236), (758, 236), (758, 243), (742, 243)], is_closed=True)
    rect(layout, 742, 236, 758, 243, "WALLS")
    mark = put(layout, "AXIS_MARK", 750, 216, "GRID", xs=1 / 50, ys=1 / 50)
    tag(mark, "AXIS", "A", 750, 216, 5, style="PLAN_BOLD")
    line(layout, 742, 196, 758, 196, "BOUNDARY", ltscale=0.01)
    line(layout, 742, 170, 758, 170, "OVERHEAD", ltscale=0.01)
    put(layout, "PARASOL_TABLE", 750, 144, "FURNITURE", xs=1 / 130, ys=1 / 130, color=1)
    for words, x, y in [
        ("Door, number in the swing", 672, 240), ("Window", 672, 215), ("Height above floor", 672, 195), ("Tree", 672, 169),
        ("Table for four", 672, 143), ("Wall, cut", 768, 238), ("Axis", 768, 215), ("Edge of the plot", 768, 195),
        ("Above the cut", 768, 169), ("Table, parasol", 768, 143),
    ]:
        text(layout, words, x, y, 3.2)
    line(layout, 640, 118, 824, 118, "SHEET", lineweight=13)
    text(layout, "A drawing made to show Linework. No such house stands.", 640, 108, 3)


def main():
    doc = setup()
    blocks(doc)
    model = doc.modelspace()
    garden(model)
    street(model)
    axes(model)
    shell(model)
    guest_room(model)
    back_rooms(model)
    kitchen(model)
    sanitary(model)
    rooms(model)
    dimensions(model)
    marks(model)
    sheet(doc)
    # The lines of a dimension lie on its own layer, for readers that do not hand the layer of a dimension down to its block.
    for dimension in model.query("DIMENSION"):
        for part in dimension.get_geometry_block():
            if part.dxf.layer == "0":
                part.dxf.layer = dimension.dxf.layer
    extents = bbox.extents(model, fast=True)
    doc.header["$EXTMIN"], doc.header["$EXTMAX"] = extents.extmin, extents.extmax
    for name in ("$TDCREATE", "$TDUCREATE", "$TDUPDATE", "$TDUUPDATE"):
        doc.header[name] = 2461367.5
    doc.header["$FINGERPRINTGUID"] = "{6C1F0B52-3D0E-4C55-9A51-7E0A9B1D2F30}"
    doc.set_modelspace_vport(height=22500, center=(5700, 3900))
    auditor = doc.audit()
    for found in auditor.errors + auditor.fixes:
        print(found.message, file=sys.stderr)
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("sample.dxf")
    doc.saveas(out)
    print(f"{out}: {len(model)} in model space, {len(doc.layouts.get('Sheet 1'))} on the sheet")
    return 1 if auditor.errors or auditor.fixes else 0


if __name__ == "__main__":
    sys.exit(main())
