//! Other devices, directly.

use dutybook_client::shown::NearShown;
use serde::{Deserialize, Serialize};
use tauri::State;

use crate::{Book, Failure};

/// The devices near by, with what another device scans.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub(crate) struct NearScreen {
    near: NearShown,
    qr: Option<QrDrawn>,
}

/// A QR code to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, specta::Type)]
pub(crate) struct QrDrawn {
    /// How many modules it is wide and high.
    size: u32,
    /// The dark ones, as the path of an SVG.
    path: String,
}

/// The devices near by, and where this one is to be found.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn near(book: State<'_, Book>) -> Result<NearScreen, Failure> {
    let near = book.client()?.near()?;
    let drawn = near.code.as_deref().and_then(dutybook_print::qr_path);
    let qr = drawn.map(|(size, path)| QrDrawn { size: u32::try_from(size).unwrap_or(u32::MAX), path });
    Ok(NearScreen { near, qr })
}

/// Lets this device answer others and look for them, or not.
#[tauri::command(async)]
#[specta::specta]
pub(crate) fn set_near(book: State<'_, Book>, on: bool) -> Result<(), Failure> {
    let client = book.client()?;
    client.signed_in().ok_or(dutybook_client::Error::NotSignedIn)?;
    Ok(client.set_near(on)?)
}

/// Meets the device at an address, or with what was scanned from its screen; answers what people call it.
#[tauri::command]
#[specta::specta]
pub(crate) async fn meet(book: State<'_, Book>, address: String) -> Result<String, Failure> {
    let client = book.client()?;
    client.signed_in().ok_or(dutybook_client::Error::NotSignedIn)?;
    Ok(client.meet(&address).await?)
}

/// Meets a device of [`near`] by its key.
#[tauri::command]
#[specta::specta]
pub(crate) async fn meet_found(book: State<'_, Book>, key: String) -> Result<String, Failure> {
    let client = book.client()?;
    client.signed_in().ok_or(dutybook_client::Error::NotSignedIn)?;
    Ok(client.meet_found(&key).await?)
}
