//! Pictures, made small enough to travel: turned the right way up, scaled, and written anew, so that nothing of what a
//! camera puts beside the picture (place, device, owner) goes with it.
//!
//! Invariant: a picture is looked at under limits of size and memory before anything of it is believed.

use std::io::Cursor;

use dutybook_domain::file::FileHash;
use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageDecoder as _, ImageReader, Limits};

/// Longest edge of a picture that travels, in pixels.
const EDGE: u32 = 1_600;
/// Longest edge of a picture in a list.
const THUMB: u32 = 320;
/// Longest edge that is looked at; a camera of 200 megapixels has less.
const LONGEST_EDGE: u32 = 20_000;
/// Memory that looking at a picture may take, in bytes.
const MEMORY: u64 = 512 * 1024 * 1024;
/// Tried from the best on, until the picture is small enough.
const QUALITIES: [u8; 4] = [82, 70, 58, 45];
/// What a picture that travels should have at most, in bytes.
const TRAVELS: usize = 250 * 1024;

/// Why a picture was not taken.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// It is no picture, or one of a sort that is not read.
    #[error("this is no JPEG, PNG or WebP picture: {0}")]
    NoPicture(String),
    /// It is larger than anything a camera makes.
    #[error("the picture is too large to be looked at: {0}")]
    TooLarge(String),
}

/// A picture made to travel.
#[derive(Clone, Debug)]
pub struct Picture {
    /// A JPEG with nothing beside the picture.
    pub jpeg: Vec<u8>,
    /// Pixels from left to right.
    pub width: u32,
    /// Pixels from top to bottom.
    pub height: u32,
    /// The name of what the camera had made, which is not kept.
    pub original: FileHash,
}

/// Makes a picture small enough to travel.
///
/// # Errors
/// [`PictureError`].
pub fn travelling(bytes: &[u8]) -> Result<Picture, PictureError> {
    let picture = scaled(bytes, EDGE)?;
    let (width, height) = (picture.width(), picture.height());
    let mut jpeg = Vec::new();
    for quality in QUALITIES {
        jpeg = written(&picture, quality)?;
        if jpeg.len() <= TRAVELS {
            break;
        }
    }
    Ok(Picture { jpeg, width, height, original: FileHash::of(bytes) })
}

/// A small picture for a list, as JPEG.
///
/// # Errors
/// [`PictureError`].
pub fn thumbnail(bytes: &[u8]) -> Result<Vec<u8>, PictureError> {
    written(&scaled(bytes, THUMB)?, QUALITIES[1])
}

fn scaled(bytes: &[u8], edge: u32) -> Result<DynamicImage, PictureError> {
    let mut limits = Limits::default();
    limits.max_image_width = Some(LONGEST_EDGE);
    limits.max_image_height = Some(LONGEST_EDGE);
    limits.max_alloc = Some(MEMORY);
    let mut reader = ImageReader::new(Cursor::new(bytes))
        .with_guessed_format()
        .map_err(|error| PictureError::NoPicture(error.to_string()))?;
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(why)?;
    let turned = decoder.orientation().unwrap_or(image::metadata::Orientation::NoTransforms);
    let mut picture = DynamicImage::from_decoder(decoder).map_err(why)?;
    if picture.width().max(picture.height()) > edge {
        picture = picture.resize(edge, edge, image::imageops::FilterType::Triangle);
    }
    picture.apply_orientation(turned);
    Ok(picture)
}

fn why(error: image::ImageError) -> PictureError {
    match error {
        image::ImageError::Limits(error) => PictureError::TooLarge(error.to_string()),
        other => PictureError::NoPicture(other.to_string()),
    }
}

fn written(picture: &DynamicImage, quality: u8) -> Result<Vec<u8>, PictureError> {
    let mut jpeg = Vec::new();
    // JPEG knows no transparency.
    let plain = DynamicImage::ImageRgb8(picture.to_rgb8());
    plain.write_with_encoder(JpegEncoder::new_with_quality(&mut jpeg, quality)).map_err(why)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

    use super::*;

    /// A picture as a camera makes it: noisy, and with a note beside it that says where and which way up.
    fn camera(width: u32, height: u32, orientation: u8) -> Vec<u8> {
        let noise = image::RgbImage::from_fn(width, height, |x, y| {
            let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).to_le_bytes();
            image::Rgb([mixed[0], mixed[1], if y < height / 2 { 255 } else { 0 }])
        });
        let jpeg = written(&DynamicImage::ImageRgb8(noise), 90).unwrap();
        // Exif: little-endian TIFF, one directory, one entry (0x0112, SHORT, 1).
        let mut note = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
        note.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
        note.extend(b"GPS 31.2304N 121.4737E");
        let mut made = jpeg[..2].to_vec();
        made.extend([0xff, 0xe1]);
        made.extend(u16::try_from(note.len() + 2).unwrap().to_be_bytes());
        made.extend(note);
        made.extend(&jpeg[2..]);
        made
    }

    #[test]
    fn a_picture_is_turned_scaled_and_stripped() {
        let made = camera(2400, 1200, 6);
        let picture = travelling(&made).unwrap();
        assert_eq!((picture.width, picture.height), (800, 1600), "a quarter turn to the right, longest edge 1,600");
        assert_eq!(picture.original, FileHash::of(&made));
        assert!(!picture.jpeg.windows(4).any(|four| four == b"Exif" || four == b"GPS "), "nothing goes with it");
        let small = image::load_from_memory(&thumbnail(&picture.jpeg).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (160, 320));
    }

    #[test]
    fn a_small_picture_stays_its_size() {
        let picture = travelling(&camera(64, 48, 1)).unwrap();
        assert_eq!((picture.width, picture.height), (64, 48));
    }

    #[test]
    fn what_is_no_picture_or_claims_to_be_a_giant_is_refused() {
        assert!(matches!(travelling(b"%PDF-1.7"), Err(PictureError::NoPicture(_))));
        let mut cut = camera(640, 480, 1);
        cut.truncate(200);
        assert!(travelling(&cut).is_err());
        // A PNG of a few bytes that says it is 60,000 pixels wide and high.
        let mut giant = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        let header = [&60_000u32.to_be_bytes()[..], &60_000u32.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
        giant.extend(&header);
        giant.extend([0; 4]);
        assert!(travelling(&giant).is_err());
    }
}
