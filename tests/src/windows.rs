//! The real apps on virtual screens, driven through WebKitWebDriver as a person would.

mod journey;
mod window;

pub use journey::{Stage, journey};
pub use window::{Window, until};
pub use xtask::round::{POINTS, Point, ROUND};
