"""The how-to "Query images" with the stock SDK, against any catalog server; ends in a contact sheet.

usage: query_images.py rerun+http://HOST:PORT [--dataset video_sample] [--out contact_sheet.png]
"""

import argparse
import io
import pathlib

import numpy as np
import pyarrow as pa
import rerun as rr
from datafusion import DataFrame, col, lit
from PIL import Image

ENCODED = "/compressed_images:EncodedImage:blob"
BUFFER = "/raw_images:Image:buffer"
FORMAT = "/raw_images:Image:format"
SHEET_COLUMNS = 6
THUMBNAIL = (160, 120)


def channels(color_model: int) -> int:
    """Channels of a pixel; the SDK renamed the module that knows."""
    if hasattr(rr, "encodings"):
        return rr.encodings.color_model.ColorModel.auto(color_model).num_channels()
    return rr.datatypes.ColorModel.auto(color_model).num_channels()


def at(frame: DataFrame, time: np.datetime64, *columns: str) -> pa.Table:
    """The columns of the row at one log_time."""
    return pa.table(frame.filter(col("log_time") == lit(pa.scalar(time))).select(*columns))


def encoded_image(frame: DataFrame, time: np.datetime64) -> np.ndarray:
    blob = at(frame, time, ENCODED)[ENCODED].to_numpy()[0][0]
    return np.asarray(Image.open(io.BytesIO(blob.tobytes())))


def raw_image(frame: DataFrame, time: np.datetime64) -> np.ndarray:
    row = at(frame, time, BUFFER, FORMAT)
    layout = row[FORMAT][0][0].as_py()
    return row[BUFFER].to_numpy()[0][0].reshape(layout["height"], layout["width"], channels(layout["color_model"]))


def contact_sheet(pairs: list[tuple[np.ndarray, np.ndarray]]) -> Image.Image:
    """Encoded images in the upper row of each pair of rows, raw ones below."""
    rows = -(-len(pairs) // SHEET_COLUMNS)
    sheet = Image.new("RGB", (SHEET_COLUMNS * THUMBNAIL[0], rows * 2 * THUMBNAIL[1]), "white")
    for number, pair in enumerate(pairs):
        row, column = divmod(number, SHEET_COLUMNS)
        for offset, image in enumerate(pair):
            place = (column * THUMBNAIL[0], (2 * row + offset) * THUMBNAIL[1])
            sheet.paste(Image.fromarray(image).resize(THUMBNAIL), place)
    return sheet


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("--dataset", default="video_sample")
    parser.add_argument("--images", type=int, default=12)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("contact_sheet.png"))
    args = parser.parse_args()

    client = rr.catalog.CatalogClient(args.url)
    dataset = client.get_dataset(name=args.dataset)
    images = dataset.filter_contents(["/compressed_images/**", "/raw_images/**"]).reader(index="log_time")

    times = np.sort(pa.table(images.select("log_time"))["log_time"].to_numpy())
    print(f"{len(times)} times from {times[0]} to {times[-1]}")

    chosen = times[np.linspace(0, len(times) - 1, min(args.images, len(times))).astype(int)]
    pairs = [(encoded_image(images, time), raw_image(images, time)) for time in chosen]
    print(f"encoded image {pairs[0][0].shape} {pairs[0][0].dtype}, raw image {pairs[0][1].shape} {pairs[0][1].dtype}")

    args.out.parent.mkdir(parents=True, exist_ok=True)
    contact_sheet(pairs).save(args.out)
    print(f"contact sheet: {args.out}")


if __name__ == "__main__":
    main()
