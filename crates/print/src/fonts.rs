//! The fonts of the forms: two that are in the program, and those of the system for what they lack.
//!
//! A sheet needs the same look wherever it is printed, so the program brings its own fonts (`fonts/make.sh` says what is
//! in them). Names may hold any character of GB 18030: for a character that the two lack, the system's fonts are asked,
//! and only then, because looking through them takes time.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use typst::foundations::Bytes;
use typst::text::Font;

/// Family of running text.
pub(crate) const SANS: &str = "Dutybook Sans";
/// Family of headings.
pub(crate) const BOOK: &str = "Dutybook Book";

static OWN: LazyLock<Vec<Font>> = LazyLock::new(|| {
    let files: [&'static [u8]; 2] =
        [include_bytes!("../fonts/sans.otf").as_slice(), include_bytes!("../fonts/book.otf").as_slice()];
    files.into_iter().flat_map(|file| Font::iter(Bytes::new(file))).collect()
});

/// Fonts for one text.
pub(crate) struct Fonts {
    /// In the order of the font book.
    pub(crate) fonts: Vec<Font>,
    /// Families to fall back to, in order.
    pub(crate) fallback: Vec<String>,
    /// Characters that no font has.
    pub(crate) missing: BTreeSet<char>,
}

impl Fonts {
    /// The fonts that `text` needs.
    pub(crate) fn of(text: impl IntoIterator<Item = char>) -> Self {
        let mut fonts = OWN.clone();
        let mut missing: BTreeSet<char> = text
            .into_iter()
            .filter(|c| !ignorable(*c) && !OWN.iter().any(|font| font.info().coverage.contains(u32::from(*c))))
            .collect();
        let mut fallback = Vec::new();
        if !missing.is_empty() {
            for font in of_the_system(&missing) {
                let before = missing.len();
                missing.retain(|c| !font.info().coverage.contains(u32::from(*c)));
                if missing.len() < before {
                    fallback.push(font.info().family.to_string());
                    fonts.push(font);
                }
            }
        }
        Self { fonts, fallback, missing }
    }
}

/// Whether the font of headings has every character of `text`; a heading in two faces looks broken.
#[must_use]
pub fn book_face_has(text: &str) -> bool {
    let Some(book) = OWN.iter().find(|font| font.info().family.as_str() == BOOK) else { return false };
    text.chars().all(|c| c.is_whitespace() || book.info().coverage.contains(u32::from(c)))
}

/// Characters that are seen only in what they do to others: joiners, selectors, breaks.
pub(crate) fn ignorable(c: char) -> bool {
    c.is_control()
        || c.is_whitespace()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}')
}

/// Fonts of the system that have any of `wanted`, those with most of them first.
fn of_the_system(wanted: &BTreeSet<char>) -> Vec<Font> {
    let mut found = fontdb::Database::new();
    found.load_system_fonts();
    let mut usable: Vec<(usize, Font)> = Vec::new();
    for face in found.faces() {
        // Upright and of usual weight: a fallback in bold italics would shout.
        if face.style != fontdb::Style::Normal || face.weight != fontdb::Weight::NORMAL {
            continue;
        }
        let font = found.with_face_data(face.id, |data, index| {
            let info = typst::text::FontInfo::new(data, index)?;
            let has = wanted.iter().filter(|c| info.coverage.contains(u32::from(**c))).count();
            (has > 0).then(|| Font::new(Bytes::new(data.to_vec()), index).map(|font| (has, font)))?
        });
        usable.extend(font.flatten());
    }
    usable.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.info().family.cmp(&b.1.info().family)));
    usable.into_iter().map(|(_, font)| font).collect()
}
