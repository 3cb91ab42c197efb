"""Taking a photo of a sample: pose, distance, expression, lens, sensor, file.

Everything here changes the photo and nothing of the skin.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image

from analysis.phantom.camera import Rendering, render
from analysis.phantom.texture import smooth_noise
from analysis.records import Pixels

Array = NDArray[np.float32]

CAMERA_MAKE, CAMERA_MODEL, CAMERA_SOFTWARE = "Samplecam", "Samplecam One", "sample images 1"
_CAMERA_DISTANCE_MM = 700.0


@dataclass(frozen=True, slots=True)
class Pose:
    """How the subject was before the camera."""

    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0
    zoom: float = 1.0
    """Pixels of the photo per pixel of the master."""
    shift_mm: tuple[float, float] = (0.0, 0.0)
    stretch_mm: float = 0.0
    """Skin is soft: RMS of a smooth displacement."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Exposure:
    """Settings and time of one shot."""

    taken_at: str
    """YYYY:MM:DD HH:MM:SS, as EXIF has it."""
    rendering: Rendering
    quality: int = 90
    iso: int = 100
    seed: int = 0


def seen(
    light: Array, depth_mm: Array, frame: tuple[float, float, float, float], px_per_mm: float, pose: Pose
) -> Array:
    """The master as the camera sees it: (h, w, 3) linear light.

    Args:
        light: (h, w, 3) master.
        depth_mm: (h, w) towards the camera.
        frame: left, top, right, bottom of the view in master pixels, before the pose.
        px_per_mm: of the master.
        pose: how the subject stood.
    """
    left, top, right, bottom = frame
    width, height = round(right - left), round(bottom - top)
    middle = np.array([(left + right) / 2, (top + bottom) / 2])
    u, v = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    u = (u - (width - 1) / 2) / pose.zoom - pose.shift_mm[0] * px_per_mm
    v = (v - (height - 1) / 2) / pose.zoom - pose.shift_mm[1] * px_per_mm
    roll = np.radians(pose.roll_deg)
    u, v = u * np.cos(roll) + v * np.sin(roll), -u * np.sin(roll) + v * np.cos(roll)
    yaw, pitch = np.radians(pose.yaw_deg), np.radians(pose.pitch_deg)
    depth = depth_mm * px_per_mm
    depth = depth - float(np.median(depth))
    far = _CAMERA_DISTANCE_MM * px_per_mm
    x, y = u, v
    # Where on the master does the ray hit: three rounds of looking up the depth there are enough. The
    # straight view needs none, because the master already has the perspective of its own depth.
    for _ in range(3):
        column, row = (x + middle[0]).astype(np.float32), (y + middle[1]).astype(np.float32)
        z = cv2.remap(depth, column, row, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        nearer = 1 - z / far
        x = (u - z * np.sin(yaw) / nearer) / np.cos(yaw)
        y = (v - z * np.sin(pitch) / nearer) / np.cos(pitch)
    if pose.stretch_mm:
        rng = np.random.default_rng(pose.seed)
        x = x + pose.stretch_mm * px_per_mm * smooth_noise((height, width), 12 * px_per_mm, rng) / np.sqrt(2)
        y = y + pose.stretch_mm * px_per_mm * smooth_noise((height, width), 12 * px_per_mm, rng) / np.sqrt(2)
    return cv2.remap(
        light,
        (x + middle[0]).astype(np.float32),
        (y + middle[1]).astype(np.float32),
        cv2.INTER_LANCZOS4,
        borderMode=cv2.BORDER_REPLICATE,
    )


def exposed(light: Array, exposure: Exposure) -> Pixels:
    """One exposure as 8-bit sRGB."""
    return render(np.maximum(light, 0), exposure.rendering, np.random.default_rng(exposure.seed))


def as_file(pixels: Pixels, exposure: Exposure) -> bytes:
    """The JPEG that the camera writes: with its date and settings, without any position."""
    exif = Image.Exif()
    exif[ExifTags.Base.Make] = CAMERA_MAKE
    exif[ExifTags.Base.Model] = CAMERA_MODEL
    exif[ExifTags.Base.Software] = CAMERA_SOFTWARE
    exif[ExifTags.Base.DateTime] = exposure.taken_at
    exif[ExifTags.Base.Orientation] = 1
    details = exif.get_ifd(ExifTags.IFD.Exif)
    details[ExifTags.Base.DateTimeOriginal] = exposure.taken_at
    details[ExifTags.Base.DateTimeDigitized] = exposure.taken_at
    details[ExifTags.Base.ExposureTime] = 1 / 80
    details[ExifTags.Base.FNumber] = 4.0
    details[ExifTags.Base.ISOSpeedRatings] = exposure.iso
    details[ExifTags.Base.FocalLength] = 60.0
    details[ExifTags.Base.WhiteBalance] = 0
    details[ExifTags.Base.Flash] = 0
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(
        buffer, "JPEG", quality=exposure.quality, subsampling=0, exif=exif, optimize=True
    )
    return buffer.getvalue()
