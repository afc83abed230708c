//! Pictures as a camera makes them.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// A picture of this size as JPEG: smooth like a wall, with some detail, another one for each `seed`.
#[must_use]
pub fn camera(width: u32, height: u32, seed: u32) -> Vec<u8> {
    let shade = |value: u32| u8::try_from(value % 256).unwrap_or_default();
    let picture = RgbImage::from_fn(width, height, |x, y| {
        let detail = (x / 7).wrapping_mul(31) ^ (y / 5).wrapping_mul(17) ^ seed;
        Rgb([shade(x * 255 / width), shade(y * 255 / height), shade(detail * 3)])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(picture)
        .write_to(&mut bytes, ImageFormat::Jpeg)
        .expect("a picture in memory can be written");
    bytes.into_inner()
}
