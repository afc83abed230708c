//! Forms on paper and in Excel: a [`Form`](dutybook_domain::form::Form) as PDF ([`pdf`]) and as a workbook ([`xlsx`]),
//! a roster as [`calendar`], and a site's data read from a workbook ([`import`]).
//!
//! Invariants
//! - Nothing is fetched: the fonts are in the program, the layout is one Typst file, and neither knows the network.
//! - The same form gives the same bytes.
//! - No character is dropped. What no font has stands as a box with its code point.

mod calendar;
mod fonts;
pub mod import;
mod text;
mod typeset;
mod workbook;

pub use calendar::calendar;
pub use fonts::book_face_has;
pub use text::Language;
pub use typeset::{Printed, pdf, qr_path};
pub use workbook::xlsx;

/// Why a form could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// The layout did not compile: a fault of this program.
    #[error("the form could not be set: {0}")]
    Layout(String),
    /// The workbook could not be written: a fault of this program.
    #[error("the workbook could not be written: {0}")]
    Workbook(#[from] rust_xlsxwriter::XlsxError),
    /// The form could not be handed to the layout.
    #[error("the form could not be read: {0}")]
    Form(#[from] serde_json::Error),
}
