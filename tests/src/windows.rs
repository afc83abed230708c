//! The real apps on virtual screens, driven through WebKitWebDriver as a person would.

mod journey;
mod site;
mod window;

pub use journey::{Stage, journey};
pub use site::{POINTS, Point, ROUND};
pub use window::{Window, until};
